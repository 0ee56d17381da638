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
 * The time of a single operation on any backend: that of a program which does it several times, less that of a program
 * which does it once. What comes before and after, such as sending what it reads, is in both. Best of several, as
 * elsewhere here.
 */
final class OperationTimer {

    private static final int COPIES = 8;
    private static final double SECONDS = 0.25;   // at least, for each of the two programs
    private static final int MOST_RUNS = 400;

    private final Backend backend;
    private final Weights weights;

    OperationTimer(Backend backend, Weights weights) {
        this.backend = backend;
        this.weights = weights;
    }

    /**
     * An operation at work.
     *
     * @param past positions that attention has seen before; its keys and values are those given and the past's
     */
    record Trial(Operation operation, int batch, int pos, int past) {

        Trial(Operation operation, int batch, int pos) { this(operation, batch, pos, 0); }

        /** The operation some times over. */
        private Program program(int times) {
            List<Operation> operations = new ArrayList<>();
            for (Value input : new LinkedHashSet<>(operation.inputs())) {
                if (comesFromPast(input)) {
                    Dimension[] own = input.dimensions().toArray(Dimension[]::new);
                    own[1] = new Dimension("pos", Size.Symbol.POS);
                    Value added = Value.of(input.name() + ".given", own);
                    operations.add(new Operation.Given(added));
                    Extend.Slot slot = new Extend.Slot(operations.size(), Extend.Kind.KEYS);   // any, but its own
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

        /** Keys and values [batch, key, kvHead, dHead]. */
        private boolean comesFromPast(Value value) {
            return past > 0 && value.dimensions().get(1).size() == Size.Symbol.KEY;
        }
    }

    /** Seconds; never less than nothing. */
    double seconds(Trial trial) {
        Run once = new Run(trial, 1), often = new Run(trial, 1 + COPIES);
        once.run();
        often.run();
        double least = Double.MAX_VALUE, most = Double.MAX_VALUE, total = 0;
        for (int i = 0; i < 5 || total < 2 * SECONDS && i < MOST_RUNS; i++) {
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

    /** Between 0.5 and 1.5: patterns, scales and logits that no operation minds. */
    private static Tensor noise(Value value, Sizes sizes) {
        Tensor tensor = Tensor.zeros(value.shape(sizes));
        SplittableRandom random = new SplittableRandom(value.hashCode());
        for (long i = 0; i < tensor.elements(); i++)
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.5f + (float) random.nextDouble());
        return tensor;
    }
}
