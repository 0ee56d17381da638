package org.tornadolens.bench;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tornadolens.Interruption;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.reference.ReferenceBackend;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Compares a backend with the double-precision reference on a model's own weights: each operation by itself, with the
 * reference's inputs, and every hook of a whole run. It shows whether the kernels compute on this machine, with its
 * compiler, driver and vector width, what they compute where they were tested.
 */
public final class Checkup {

    /**
     * The largest error that rounding explains, as a share of the largest value: of one operation, whose longest sum
     * has some thousand terms, and of a run, in which errors add up over the layers.
     */
    public static final double OF_OPERATIONS = 2e-5, OF_RUNS = 1e-4;

    /**
     * A kind of operation or hook.
     *
     * @param compared how many of its values were compared
     * @param worst    the largest error, as a share of the largest number of its value
     * @param where    the value with the largest error
     */
    public record Finding(String what, int compared, double worst, String where, double bound) {
        public boolean passed() { return worst <= bound; }

        private Finding and(Finding other) {
            Finding larger = other.worst > worst || Double.isNaN(other.worst) ? other : this;
            return new Finding(what, compared + other.compared, larger.worst, larger.where, bound);
        }
    }

    private final Model tested, reference;
    private final Tokens tokens;
    private final Consumer<String> progress;

    /** @param progress is told what is computed now */
    public Checkup(Model model, Backend backend, Tokens tokens, Consumer<String> progress) {
        tested = Model.of(model.checkpoint(), backend);
        reference = Model.of(model.checkpoint(), new ReferenceBackend());
        this.tokens = tokens;
        this.progress = progress;
    }

    /** Returns the findings by kind of operation, in the order in which they occur first. */
    public List<Finding> operations() {
        Program program = reference.program(RunOptions.DEFAULT.withLoss());
        progress.accept("the reference");
        Map<Value, Tensor> values = run(reference, whole(program), Map.of());
        Map<String, Finding> found = new LinkedHashMap<>();
        Set<String> layers = compared();
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Supplied || !layers.contains(layer(operation.out().name()))) continue;
            Interruption.check();
            progress.accept(operation.out().name());
            add(found, operation.getClass().getSimpleName(), operation.out().name(), alone(operation, values),
                    values.get(operation.out()), OF_OPERATIONS);
        }
        return List.copyOf(found.values());
    }

    /** Returns the findings by hook of a run that keeps everything, and of the logits of one that keeps nothing. */
    public List<Finding> hooks() {
        RunOptions everything = RunOptions.DEFAULT.keep("**");
        progress.accept("a run with every hook");
        var expected = reference.run(tokens, everything);
        var actual = tested.run(tokens, everything);
        Map<String, Finding> found = new LinkedHashMap<>();
        for (String name : expected.cache().names())
            add(found, name.replaceFirst("^blocks\\.\\d+\\.", ""), name, actual.cache().get(name),
                    expected.cache().get(name), OF_RUNS);
        progress.accept("a run that keeps nothing");
        add(found, "logits", "logits", tested.run(tokens).logits(), expected.logits(), OF_RUNS);
        return List.copyOf(found.values());
    }

    /** Returns the first, the middle and the last layer, and what lies outside of layers. */
    private Set<String> compared() {
        int depth = reference.configuration().nLayers();
        return Set.copyOf(List.of("", "0", Integer.toString(depth / 2), Integer.toString(depth - 1)).stream().distinct()
                .toList());
    }

    private static String layer(String name) { return name.startsWith("blocks.") ? name.split("\\.")[1] : ""; }

    private static Program whole(Program program) {
        return new Program(program.operations(), program.operations().stream()
                .filter(operation -> !(operation instanceof Operation.Supplied)).map(Operation::out)
                .collect(Collectors.toCollection(LinkedHashSet::new)));
    }

    /** Computes one operation on the tested backend from the reference's inputs. */
    private Tensor alone(Operation operation, Map<Value, Tensor> values) {
        List<Operation> operations = new ArrayList<>();
        Map<Value, Tensor> given = new LinkedHashMap<>();
        for (Value input : new LinkedHashSet<>(operation.inputs())) {
            operations.add(new Operation.Given(input));
            given.put(input, values.get(input));
        }
        operations.add(operation);
        return run(tested, new Program(operations, Set.of(operation.out())), given).get(operation.out());
    }

    private Map<Value, Tensor> run(Model model, Program program, Map<Value, Tensor> given) {
        return model.backend().compile(program, model.weights())
                .run(new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), given));
    }

    private static void add(Map<String, Finding> found, String what, String where, Tensor actual, Tensor expected,
            double bound) {
        found.merge(what, new Finding(what, 1, error(actual, expected), where, bound), Finding::and);
    }

    /** Returns the largest difference as a share of the largest number; NaN where other numbers are finite. */
    static double error(Tensor actual, Tensor expected) {
        float[] a = numbers(actual), e = numbers(expected);
        double difference = 0, largest = 0;
        for (int i = 0; i < e.length; i++) {
            if (Float.isFinite(e[i]) != Float.isFinite(a[i])) return Double.NaN;
            if (!Float.isFinite(e[i])) continue;      // a masked score, or no loss
            difference = Math.max(difference, Math.abs((double) a[i] - e[i]));
            largest = Math.max(largest, Math.abs(e[i]));
        }
        return largest == 0 ? difference : difference / largest;
    }

    private static float[] numbers(Tensor tensor) { return tensor.copy().data().toArray(ValueLayout.JAVA_FLOAT); }
}
