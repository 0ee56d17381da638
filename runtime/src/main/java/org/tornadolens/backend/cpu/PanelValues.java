package org.tornadolens.backend.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;

/**
 * Which values of a program lie in {@link Panels}: those that nobody but large products reads, made by operations that can
 * write them so. Products then need no packing, and gate and up no transposing. What anybody else reads, a hook or whoever
 * keeps it, lies in rows.
 */
final class PanelValues {

    private final Set<Value> values = new HashSet<>();
    private final Map<Value, Operation.Attend> attention = new HashMap<>();   // those that attention makes

    PanelValues(Program program) {
        Map<Value, Operation> makers = new HashMap<>();
        Map<Value, List<Operation>> readers = new HashMap<>();
        for (Operation operation : program.operations()) {
            makers.put(operation.out(), operation);
            for (Value input : operation.inputs()) readers.computeIfAbsent(input, v -> new ArrayList<>()).add(operation);
        }
        for (Operation operation : program.operations()) {
            Value out = operation.out();
            if (program.kept().contains(out) || !readers.getOrDefault(out, List.of()).stream().allMatch(Operation.Project.class::isInstance)) continue;
            switch (operation) {
                case Operation.RmsNorm o when out.dimensions().size() == 3 -> values.add(out);
                case Operation.Attend o -> {
                    values.add(out);
                    attention.put(out, o);
                }
                case Operation.SwiGlu(Value gate, Value up, Value hidden) -> {
                    if (gate.equals(up) || program.kept().contains(gate) || program.kept().contains(up)) break;
                    if (readers.get(gate).size() == 1 && readers.get(up).size() == 1 && tiled(makers.get(gate)) && tiled(makers.get(up))) values.addAll(List.of(gate, up, hidden));
                }
                default -> { }
            }
        }
    }

    /** A projection whose outputs are whole tiles. */
    private static boolean tiled(Operation operation) {
        return operation instanceof Operation.Project o && o.weight().rows() % Tile.ROWS == 0;
    }

    /** Whether a value lies in panels in a run of these sizes: it does where its products are large, and attention takes its queries in panels too. */
    boolean contains(Value value, Sizes sizes) {
        if (!values.contains(value) || rows(value, sizes) <= MatrixProduct.FEW_IN_LANES) return false;
        Operation.Attend maker = attention.get(value);
        return maker == null || FusedAttention.takesPanels(size(maker.q(), 1, sizes), size(maker.q(), 2, sizes) / size(maker.k(), 2, sizes));
    }

    /** The elements of those that do. */
    Map<Value, Long> elements(Sizes sizes) {
        Map<Value, Long> elements = new HashMap<>();
        for (Value value : values) if (contains(value, sizes)) elements.put(value, elements(value, sizes));
        return elements;
    }

    /** Elements of a value in panels. */
    static long elements(Value value, Sizes sizes) {
        int rows = rows(value, sizes);
        return Panels.floats(rows, value.elements(sizes) / rows, true);
    }

    /** Batch rows times positions. */
    private static int rows(Value value, Sizes sizes) {
        return Math.multiplyExact(size(value, 0, sizes), size(value, 1, sizes));
    }

    private static int size(Value value, int axis, Sizes sizes) { return value.dimensions().get(axis).size().bind(sizes); }
}
