package org.tornadolens.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Rewrites of programs. Each takes a program and returns another; none runs anything. */
public final class Rewrites {

    private Rewrites() {}

    /** Keeps values, so that they outlive the run. */
    public static Program keep(Program program, Collection<Value> values) {
        Set<Value> kept = new LinkedHashSet<>(program.kept());
        kept.addAll(values);
        return new Program(program.operations(), kept);
    }

    /**
     * Inserts an operation on a value: {@code make} receives the value and the version that it must make, which all
     * later operations read.
     */
    public static Program insert(Program program, Value value, Insertion make) {
        Value changed = value.next();
        List<Operation> operations = new ArrayList<>(program.operations().size() + 1);
        boolean after = false;
        for (Operation operation : program.operations()) {
            operations.add(after ? operation.with(v -> v.equals(value) ? changed : v, operation.out()) : operation);
            if (operation.out().equals(value)) {
                operations.add(make.operation(value, changed));
                after = true;
            }
        }
        Set<Value> kept = new LinkedHashSet<>();
        for (Value v : program.kept()) kept.add(v.equals(value) ? changed : v);
        return new Program(operations, kept);
    }

    /** Makes the operation that turns {@code before} into {@code after}. */
    @FunctionalInterface public interface Insertion {
        Operation operation(Value before, Value after);
    }

    /** Lets the caller give a value instead of computing it: a cut. Operations that only led to it can be pruned. */
    public static Program give(Program program, Value value) {
        List<Operation> operations = program.operations().stream()
                .map(o -> o.out().equals(value) ? new Operation.Given(value) : o).toList();
        return new Program(operations, program.kept());
    }

    /** Adds an operation without inputs at the beginning. */
    public static Program prepend(Program program, Operation operation) {
        List<Operation> operations = new ArrayList<>(program.operations().size() + 1);
        operations.add(operation);
        operations.addAll(program.operations());
        return new Program(operations, program.kept());
    }

    /** Adds an operation at the end and keeps its result. */
    public static Program append(Program program, Operation operation) {
        List<Operation> operations = new ArrayList<>(program.operations());
        operations.add(operation);
        return keep(new Program(operations, program.kept()), List.of(operation.out()));
    }

    /** Removes operations whose results are not read. Keys and values that extend a past are read by later runs. */
    public static Program prune(Program program) {
        Set<Value> needed = new HashSet<>(program.kept());
        List<Operation> operations = new ArrayList<>();
        for (Operation operation : program.operations().reversed()) {
            if (!needed.contains(operation.out()) && !(operation instanceof Operation.Extend)) continue;
            needed.addAll(operation.inputs());
            operations.add(operation);
        }
        return new Program(operations.reversed(), program.kept());
    }

    /** Stores keys and values in a past and reads them from there, so that a later run can continue this one. */
    public static Program extendPast(Program program, Function<Value, Optional<Operation.Extend.Slot>> slot) {
        List<Operation> operations = new ArrayList<>();
        Map<Value, Value> extended = new HashMap<>();
        for (Operation operation : program.operations()) {
            boolean reads = operation instanceof Operation.Attention;
            operations.add(operation.with(v -> reads ? extended.getOrDefault(v, v) : v, operation.out()));
            Value out = operation.out();
            if (program.value(out.name()).orElseThrow().equals(out)) {
                slot.apply(out).ifPresent(s -> {
                    Value.Dimension[] dimensions = out.dimensions().toArray(Value.Dimension[]::new);
                    dimensions[out.axis("pos")] = new Value.Dimension("pos", Size.Symbol.KEY);
                    Value all = Value.of(out.name() + ".extended", dimensions);
                    operations.add(new Operation.Extend(out, s, all));
                    extended.put(out, all);
                });
            }
        }
        return new Program(operations, program.kept());
    }

    /** Fuses attention and RMSNorm to one operation each where no other operation reads the intermediate values. */
    public static Program fuse(Program program) {
        return new Fusion(program).fused();
    }

    private static final class Fusion {
        private final Program program;
        private final Map<Value, Integer> readers;
        private final Map<Value, Operation> makers = new HashMap<>();
        private final Set<Operation> swallowed = new HashSet<>();

        Fusion(Program program) {
            this.program = program;
            readers = program.readers();
            program.operations().forEach(operation -> makers.put(operation.out(), operation));
        }

        Program fused() {
            List<Operation> operations = new ArrayList<>();
            for (Operation last : program.operations()) {
                operations.add(attention(last).or(() -> norm(last)).orElse(last));
            }
            operations.removeAll(swallowed);
            return new Program(operations, program.kept());
        }

        private Optional<Operation> attention(Operation last) {
            if (!(last instanceof Operation.Mix mix)) return Optional.empty();
            return between(mix.pattern(), Operation.Softmax.class)
                    .flatMap(softmax -> between(softmax.scores(), Operation.Scores.class).map(scores -> {
                        swallowed.addAll(List.of(softmax, scores));
                        return new Operation.Attend(scores.q(), scores.k(), mix.v(), scores.window(), mix.out());
                    }));
        }

        private Optional<Operation> norm(Operation last) {
            if (!(last instanceof Operation.Gain gain)) return Optional.empty();
            return between(gain.x(), Operation.Normalize.class)
                    .flatMap(normalize -> between(normalize.scale(), Operation.NormScale.class)
                            .filter(scale -> scale.x().equals(normalize.x())).map(scale -> {
                                swallowed.addAll(List.of(normalize, scale));
                                return new Operation.RmsNorm(scale.x(), gain.gain(), scale.eps(), gain.out());
                            }));
        }

        /** Returns the operation that makes a value, if it is of this kind and the value has a single reader. */
        private <T extends Operation> Optional<T> between(Value value, Class<T> kind) {
            Operation maker = makers.get(value);
            return readers.get(value) == 1 && kind.isInstance(maker) ? Optional.of(kind.cast(maker)) : Optional.empty();
        }
    }
}
