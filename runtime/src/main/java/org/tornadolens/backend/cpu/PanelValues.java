package org.tornadolens.backend.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.backend.cpu.attention.FusedAttention;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.product.MatrixProduct;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;

/**
 * The values of a run that lie in {@link Panels}: the largest set of values that are not kept, such that all operations
 * that make or read one of them can do so in panels. Large products then pack and transpose nothing. Values that other
 * operations read, such as hooks, lie in rows, and so do values that elementwise operations connect with them.
 */
final class PanelValues {

    private final Sizes sizes;
    private final Map<Value, Operation> makers = new HashMap<>();
    private final Map<Value, List<Operation>> readers = new HashMap<>();
    private final Set<Value> values = new HashSet<>();

    private PanelValues(Program program, Sizes sizes) {
        this.sizes = sizes;
        for (Operation operation : program.operations()) {
            makers.put(operation.out(), operation);
            for (Value input : operation.inputs())
                readers.computeIfAbsent(input, v -> new ArrayList<>()).add(operation);
        }
        for (Value value : makers.keySet())
            if (isMatrix(value) && MatrixProduct.takesPanels(rows(value, sizes))) values.add(value);
        values.removeAll(program.kept());
        while (values.removeIf(value -> !writes(makers.get(value))
                || !readers.getOrDefault(value, List.of()).stream().allMatch(reader -> reads(reader, value)))) {}
    }

    /** Returns these values and the elements that each takes, including the padding of its last panel. */
    static Map<Value, Long> of(Program program, Sizes sizes) {
        if (!MatrixProduct.takesPanels(Math.multiplyExact(sizes.batch(), sizes.pos()))) return Map.of();
        Map<Value, Long> elements = new HashMap<>();
        for (Value value : new PanelValues(program, sizes).values) {
            int rows = rows(value, sizes);
            elements.put(value, Panels.floats(rows, value.elements(sizes) / rows, true));
        }
        return elements;
    }

    /** Whether an operation can make its value in panels. */
    private boolean writes(Operation operation) {
        return switch (operation) {
            // @formatter:off
            case Operation.Embed _, Operation.RmsNorm _ -> true;
            // @formatter:on
            case Operation.Linear o -> MatrixProduct.writesPanels(o.weight().rows());
            case Operation.Attend o -> attends(o);
            // @formatter:off
            case Operation.Bias _, Operation.Rotate _, Operation.Sum _, Operation.SwiGlu _, Operation.Copy _ ->
                    values.containsAll(operation.inputs());
            case Operation.Supplied _, Operation.NormScale _, Operation.Normalize _, Operation.Gain _,
                    Operation.LinearPerHead _, Operation.HeadResult _, Operation.Extend _, Operation.Scores _,
                    Operation.Softmax _, Operation.Mix _, Operation.Repeat _, Operation.SumHeads _,
                    Operation.Gather _, Operation.SelectiveChange _, Operation.HostCall _, Operation.NextTokenLoss _,
                    Operation.Dot _, Operation.LogProbability _, Operation.Rank _, Operation.KlDivergence _,
                    Operation.MeanPositions _, Operation.ArgMax _, Derivative _ -> false;
            // @formatter:on
        };
    }

    /** Whether an operation can read a value that lies in panels. */
    private boolean reads(Operation operation, Value value) {
        return switch (operation) {
            case Operation.Linear _ -> true;
            case Operation.Attend o -> attends(o) && (value.equals(o.q()) || values.containsAll(List.of(o.k(), o.v())));
            case Operation.Gather o -> o.selection().equals(Selection.ofPositions(o.selection().positions()));
            case Operation.RmsNorm _ -> values.contains(operation.out());
            // @formatter:off
            case Operation.Bias _, Operation.Rotate _, Operation.Sum _, Operation.SwiGlu _, Operation.Copy _ ->
                    values.contains(operation.out()) && values.containsAll(operation.inputs());
            case Operation.Embed _, Operation.Supplied _, Operation.NormScale _, Operation.Normalize _,
                    Operation.Gain _, Operation.LinearPerHead _, Operation.HeadResult _, Operation.Extend _,
                    Operation.Scores _, Operation.Softmax _, Operation.Mix _, Operation.Repeat _,
                    Operation.SumHeads _, Operation.SelectiveChange _, Operation.HostCall _, Operation.NextTokenLoss _,
                    Operation.Dot _, Operation.LogProbability _, Operation.Rank _, Operation.KlDivergence _,
                    Operation.MeanPositions _, Operation.ArgMax _, Derivative _ -> false;
            // @formatter:on
        };
    }

    /** Whether attention takes its queries in panels. */
    private boolean attends(Operation.Attend o) {
        return FusedAttention.takesPanels(size(o.q(), 1, sizes), size(o.q(), 2, sizes) / size(o.k(), 2, sizes));
    }

    /** Whether a value's first axes are batch and positions, followed by at least one other. */
    private static boolean isMatrix(Value value) {
        return value.dimensions().size() >= 3 && value.axis("batch") == 0 && value.axis("pos") == 1;
    }

    /** Batch rows times positions. */
    private static int rows(Value value, Sizes sizes) {
        return Math.multiplyExact(size(value, 0, sizes), size(value, 1, sizes));
    }

    private static int size(Value value, int axis, Sizes sizes) {
        return value.dimensions().get(axis).size().bind(sizes);
    }
}
