package org.tornadolens.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Computes every value only at the last positions that are read: after its last attention, a program that is read at
 * one position works on that position alone. The rewrite walks backwards from the kept values: a position-wise
 * operation needs the same positions of its inputs as of its result, all others need every position. Positions in the
 * program's selections must count from the end.
 */
public final class LastPositions {

    /**
     * @param positions number of positions that the program runs on: fewer than before where no operation mixes
     * positions
     */
    public record Shortened(Program program, int positions) {}

    private final Program program;
    private final Map<Value, Integer> needed = new HashMap<>();     // number of last positions that are read
    private final Map<Value, Integer> made = new HashMap<>();       // number of last positions that exist, by old value
    private final Map<Value, Value> now = new HashMap<>();          // the new value of an old one
    private final Set<Value> emitted = new HashSet<>();
    private final List<Operation> operations = new ArrayList<>();
    private int positions;                                          // of the run

    private LastPositions(Program program) { this.program = program; }

    /** @param all number of positions that the program runs on */
    public static Shortened of(Program program, int all) {
        LastPositions shortened = new LastPositions(program);
        shortened.walkBack(all);
        shortened.positions =
                shortened.mixes() ? all
                        : shortened.needed.values().stream().mapToInt(Integer::intValue).max().orElse(all);
        return new Shortened(shortened.build(), shortened.positions);
    }

    /** Whether a value has an axis of the run's positions. */
    private static boolean runs(Value value) {
        return value.positionAxis() >= 0 && value.dimensions().get(value.positionAxis()).size() == Size.Symbol.POS;
    }

    /** Whether an operation can make fewer of the run's positions. */
    private static boolean separate(Operation operation) {
        return operation instanceof Operation.PositionWise && operation.out().axis("pos") >= 0 && runs(operation.out());
    }

    private boolean mixes() {
        return program.operations().stream().anyMatch(o -> switch (o) {
            case Operation.Supplied _ -> false;
            // @formatter:off
            case Operation.PositionWise _, Operation.WholeRun _ -> runs(o.out()) && !separate(o);
            // @formatter:on
        });
    }

    // ---- backwards: the number of positions of each value that are read

    private void walkBack(int all) {
        for (Value value : program.kept()) need(value, all);
        for (Operation operation : program.operations().reversed()) {
            int positions = switch (operation) {
                case Operation.Gather o -> o.selection().positions().map(some -> farthest(some, all)).orElse(all);
                case Operation.PositionWise o -> separate(o) ? needed.getOrDefault(o.out(), all) : all;
                // @formatter:off
                case Operation.WholeRun _, Operation.Supplied _ -> all;
                // @formatter:on
            };
            operation.inputs().forEach(input -> need(input, positions));
        }
    }

    private void need(Value value, int positions) { if (runs(value)) needed.merge(value, positions, Math::max); }

    private static int farthest(List<Integer> positions, int all) {
        return positions.stream().mapToInt(p -> p < 0 ? -p : all).max().orElse(all);
    }

    // ---- forwards: values with that number of positions

    private Program build() {
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Lent) continue;   // made where it is read, with the length of its reader
            Value out = operation.out();
            boolean shorter = separate(operation) || operation instanceof Operation.Given && runs(out);
            int n = shorter ? Math.min(positions, needed.getOrDefault(out, positions)) : positions;
            Value become = n < positions ? lastOf(out, n) : out;
            now.put(out, become);
            made.put(out, n);
            int reads = n;
            add(selecting(operation.with(v -> separate(operation) ? last(v, reads) : read(v), become), n));
        }
        return new Program(operations, program.kept());
    }

    private void add(Operation operation) { if (emitted.add(operation.out())) operations.add(operation); }

    private Value read(Value value) {
        if (now.containsKey(value)) return now.get(value);
        add(new Operation.Lent(value));
        return value;
    }

    /** The last n positions of a value. */
    private Value last(Value value, int n) {
        if (!now.containsKey(value)) {
            Value lent = runs(value) && n < positions ? lastOf(value, n) : value;
            add(new Operation.Lent(lent));
            return lent;
        }
        Value become = now.get(value);
        if (!runs(value) || made.get(value) == n) return become;
        Value some = named(become, n);
        add(new Operation.Gather(become,
                Selection.ofPositions(Optional.of(IntStream.rangeClosed(-n, -1).boxed().toList())), some));
        return some;
    }

    private static Value named(Value value, int n) {
        return lastOf(new Value(value.name() + "'".repeat(value.version()) + " last " + n, 0, value.dimensions()), n);
    }

    private static Value lastOf(Value value, int n) {
        Value.Dimension[] dimensions = value.dimensions().toArray(Value.Dimension[]::new);
        int axis = value.positionAxis();
        dimensions[axis] = new Value.Dimension(dimensions[axis].axis(), new Size.Fixed(n));
        return new Value(value.name(), value.version(), Arrays.asList(dimensions));
    }

    /** Removes positions that no longer exist from an operation's selection; returns a copy where none is left. */
    private static Operation selecting(Operation operation, int n) {
        boolean positionWise = operation instanceof Operation.PositionWise;
        if (!(positionWise && operation instanceof Selective selective)) return operation;
        Selection selection = selective.selection();
        if (selection.positions().isEmpty()) return operation;
        List<Integer> positions = selection.positions().get(), left = positions.stream().filter(p -> p >= -n).toList();
        if (left.size() == positions.size()) return operation;
        if (left.isEmpty()) return new Operation.Copy(operation.inputs().getFirst(), operation.out());
        return selective.withSelection(selection.at(Optional.of(left)));
    }
}
