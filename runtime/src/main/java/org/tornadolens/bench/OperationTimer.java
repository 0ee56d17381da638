package org.tornadolens.bench;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/**
 * Measures the time of a single operation on any backend: that of a program with several copies of it, minus that of a
 * program with one copy. Work before and after, such as sending inputs, is in both. The best of several runs counts.
 */
final class OperationTimer {

    private static final int COPIES = 8;
    private static final double MIN_SECONDS = 0.25;   // for each of the two programs
    private static final int MAX_RUNS = 400;

    private final Backend backend;
    private final Weights weights;

    OperationTimer(Backend backend, Weights weights) {
        this.backend = backend;
        this.weights = weights;
    }

    /**
     * An operation with the sizes of its run.
     *
     * @param past number of earlier positions whose keys and values attention reads from a past
     */
    record Trial(Operation operation, int batch, int pos, int past) {

        Trial(Operation operation, int batch, int pos) { this(operation, batch, pos, 0); }

        /** Returns a program with {@code times} copies of the operation. */
        private Program program(int times) {
            List<Operation> operations = new ArrayList<>();
            for (Value input : new LinkedHashSet<>(operation.inputs())) {
                if (comesFromPast(input)) {
                    Dimension[] own = input.dimensions().toArray(Dimension[]::new);
                    own[1] = new Dimension("pos", Size.Symbol.POS);
                    Value added = Value.of(input.name() + ".given", own);
                    operations.add(new Operation.Given(added));
                    Extend.Slot slot = new Extend.Slot(operations.size(), Extend.Kind.KEYS);   // any unique slot
                    operations.add(new Extend(added, slot, input));
                } else {
                    operations.add(new Operation.Given(input));
                }
            }
            for (int i = 0; i < times; i++)
                operations.add(operation.with(v -> v,
                        new Value(operation.out().name() + ".copy" + i, 0, operation.out().dimensions())));
            return new Program(operations, Set.of());
        }

        /** Returns whether a value holds keys or values, [batch, key, kvHead, dHead]. */
        private boolean comesFromPast(Value value) {
            return past > 0 && value.dimensions().get(1).size() == Size.Symbol.KEY;
        }
    }

    /** Returns the time in seconds; at least 0. */
    double seconds(Trial trial) {
        Run once = new Run(trial, 1), often = new Run(trial, 1 + COPIES);
        once.run();
        often.run();
        double least = Double.MAX_VALUE, most = Double.MAX_VALUE, total = 0;
        for (int i = 0; i < 5 || total < 2 * MIN_SECONDS && i < MAX_RUNS; i++) {
            double a = once.run(), b = often.run();
            least = Math.min(least, a);
            most = Math.min(most, b);
            total += a + b;
        }
        return Math.max(0, most - least) / COPIES;
    }

    private final class Run {
        private final Executable executable;
        private final Inputs inputs;
        private final int before;

        Run(Trial trial, int times) {
            Program program = trial.program(times);
            executable = backend.compile(program, weights);
            before = trial.past();
            Optional<Past> past =
                    before == 0 ? Optional.empty() : Optional.of(executable.past(trial.batch(), before + trial.pos()));
            past.ifPresent(p -> p.restore(rows(program, trial)));
            Sizes sizes = new Sizes(trial.batch(), trial.pos(), 0);
            Map<Value, Tensor> given = new LinkedHashMap<>();
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Given(Value value)) given.put(value, noise(value, sizes));
            }
            inputs = new Inputs(new SplittableRandom(3).ints((long) trial.batch() * trial.pos(), 0, 100).toArray(),
                    new int[trial.batch()], past, given);
        }

        double run() {
            long start = System.nanoTime();
            executable.run(inputs);
            double seconds = (System.nanoTime() - start) / 1e9;
            inputs.past().ifPresent(p -> p.truncate(before));
            return seconds;
        }

        private static Map<Operation.Extend.Slot, Tensor> rows(Program program, Trial trial) {
            Map<Operation.Extend.Slot, Tensor> rows = new LinkedHashMap<>();
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Extend extend)
                    rows.put(extend.slot(), noise(extend.x(), new Sizes(trial.batch(), trial.past(), 0)));
            }
            return rows;
        }
    }

    /** Returns numbers between 0.5 and 1.5, which are valid patterns, scales and logits. */
    private static Tensor noise(Value value, Sizes sizes) {
        Tensor tensor = Tensor.zeros(value.shape(sizes));
        SplittableRandom random = new SplittableRandom(value.hashCode());
        for (long i = 0; i < tensor.elements(); i++)
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.5f + (float) random.nextDouble());
        return tensor;
    }
}
