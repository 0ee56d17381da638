package org.tornadolens.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.reference.ReferenceBackend;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;

/**
 * Compares the derivative of every operation with finite differences in double precision, and every backend with the
 * reference.
 */
@ConformanceSuite class DifferentiationTest {

    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS),
            DEST = new Dimension("dest", Symbol.POS), SRC = new Dimension("src", Symbol.KEY);
    private static final double STEP = 0x1p-12;   // values are multiples of it, so that adding it is exact

    /** A rule whose limits lie between multiples of {@link #STEP}, so that no value equals one. */
    private static final Rule CLAMP = new Rule.Clamp(-0.5 + STEP / 2, 0.75 + STEP / 2);

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    /** An operation, the sizes of one run, and the inputs that the caller lends and holds fixed. */
    private record Case(String name, Operation operation, Set<Value> lent, int batch, int pos) {
        @Override public String toString() {
            return name + " " + operation.inputs().stream().map(Value::toString).toList() + " " + batch + "×" + pos;
        }
    }

    /** Sizes small enough for finite differences. */
    static Stream<Case> small() {
        return Stream.concat(cases(2, 3, 2, 3, 2, 5), cases(1, 5, 4, 2, 2, 4));
    }

    /** Sizes that fill tiles, vectors and blocks, and sizes that do not. */
    static Stream<Case> awkward() {
        return Stream
                .of(cases(1, 1, 1, 2, 1, 3), cases(3, 17, 6, 34, 2, 129), cases(2, 40, 2, 64, 2, 300),
                        cases(1, 130, 3, 6, 3, 33), cases(1, 281, 2, 22, 1, 3), cases(1, 12, 1, 300, 1, 3))
                .flatMap(s -> s);
    }

    /**
     * Returns every differentiable operation, with heads of dHead, kvHeads that divide them, and a last axis of width.
     */
    private static Stream<Case> cases(int batch, int pos, int heads, int dHead, int kvHeads, int width) {
        List<Case> cases = new ArrayList<>();
        Value x = Value.of("x", BATCH, POS, fixed("dModel", width)),
                other = Value.of("other", BATCH, POS, fixed("dModel", width));
        Value q = Value.of("q", BATCH, POS, fixed("head", heads), fixed("dHead", dHead)),
                z = Value.of("z", BATCH, POS, fixed("head", heads), fixed("dHead", dHead));
        Value k = Value.of("k", BATCH, POS, fixed("kvHead", kvHeads), fixed("dHead", dHead)),
                v = Value.of("v", BATCH, POS, fixed("kvHead", kvHeads), fixed("dHead", dHead));
        Value own = Value.of("own", BATCH, POS, fixed("head", heads), fixed("dModel", width));
        Value pattern = Value.of("pattern", BATCH, fixed("head", heads), DEST, SRC),
                scale = Value.of("scale", BATCH, POS, fixed("scale", 1));
        Value numbers = Value.of("numbers", BATCH, POS);
        Parameter gain = new Parameter("gain", 1, width), square = new Parameter("square", width + 3, width),
                output = new Parameter("output", width, heads * dHead);
        Parameter perHead = new Parameter("perHead", heads * dHead, width), table = new Parameter("table", 7, width);
        IntStream pairs = IntStream.range(0, dHead / 2);
        Rotary rotary = Rotary.plain(pairs.mapToObj(i -> Math.pow(100, -2.0 * i / dHead)).toList(), 64);

        Builder add = (name, operation, lent) -> cases.add(new Case(name, operation, Set.of(lent), batch, pos));
        add.of("embed", new Operation.Embed(table, x));
        add.of("norm scale", new Operation.NormScale(x, 1e-2, scale));
        add.of("normalize", new Operation.Normalize(x, scale, other));
        add.of("gain", new Operation.Gain(x, gain, other));
        add.of("RMSNorm", new Operation.RmsNorm(x, gain, 1e-2, other));
        Parameter headGain = new Parameter("headGain", 1, dHead);
        Value scales = Value.of("scale", BATCH, POS, fixed("head", heads), fixed("scale", 1));
        add.of("norm scale of every head", new Operation.NormScale(q, 1e-2, scales));
        add.of("normalize every head", new Operation.Normalize(q, scales, z));
        add.of("gain of every head", new Operation.Gain(q, headGain, z));
        add.of("RMSNorm of every head", new Operation.RmsNorm(q, headGain, 1e-2, z));
        add.of("bias", new Operation.Bias(x, new Parameter("bias", 1, width), other));
        add.of("bias of heads", new Operation.Bias(q, new Parameter("headBias", 1, heads * dHead), z));
        add.of("project", new Operation.Linear(x, square, Value.of("y", BATCH, POS, fixed("dMlp", width + 3))));
        add.of("project heads together", new Operation.Linear(z, output, x));
        add.of("project heads", new Operation.LinearPerHead(own, perHead, z));
        List<Integer> some = heads > 2 ? List.of(2, 0) : List.of(heads - 1);
        add.of("head result", new Operation.HeadResult(z, output, some,
                Value.of("result", BATCH, POS, fixed("head", some.size()), fixed("dModel", width))));
        add.of("rotate", new Operation.Rotate(q, rotary, z));
        Rotary.Dynamic dynamic = new Rotary.Dynamic(100, 2, Math.max(1, pos - 2));
        add.of("rotate, magnified and dynamic", new Operation.Rotate(q, rotary.magnified(1.25).following(dynamic), z));
        add.of("scores", new Operation.Scores(q, k, pattern));
        for (int keys : new int[]{1, 2, pos / 3 + 1, pos + 1}) {
            OptionalInt window = OptionalInt.of(keys);
            add.of("scores in a window of " + keys, new Operation.Scores(q, k, window, pattern));
            add.of("attend in a window of " + keys, new Operation.Attend(q, k, v, window, z));
        }
        add.of("softmax", new Operation.Softmax(pattern, pattern.next()));
        add.of("mix", new Operation.Mix(pattern, v, z));
        add.of("attend", new Operation.Attend(q, k, v, z));
        add.of("add", new Operation.Sum(x, other, x.next()));
        add.of("add to itself", new Operation.Sum(x, x, x.next()));
        add.of("SwiGLU", new Operation.SwiGlu(x, other, x.next()));
        add.of("copy", new Operation.Copy(x, other));
        add.of("repeat", new Operation.Repeat(x, own));
        add.of("sum of heads", new Operation.SumHeads(own, x));
        add.of("dot", new Operation.Dot(x, other, numbers));
        add.of("next token's loss", new Operation.NextTokenLoss(x, Selection.ALL, numbers));
        add.of("next token's loss at a position",
                new Operation.NextTokenLoss(Value.of("some", BATCH, fixed("pos", 2), fixed("dVocab", width)),
                        Selection.ofPositions(Optional.of(List.of(0, -1))),
                        Value.of("losses", BATCH, fixed("pos", 2))));
        add.of("log probability",
                new Operation.LogProbability(x, List.of(List.of(0), List.of(0, width - 1, width / 2)), numbers));
        add.of("mean over positions", new Operation.MeanPositions(numbers, Value.of("mean", BATCH)));
        Value fixed = Value.of("fixed", BATCH, POS, fixed("dModel", width));
        add.of("KL", new Operation.KlDivergence(x, fixed, numbers), fixed);
        add.of("dot with a direction", new Operation.Dot(x, fixed, numbers), fixed);
        Value basis = Value.of("basis", fixed("direction", 1), fixed("dModel", width));
        for (Selection selection : selections(batch, width)) {
            add.of("zero " + selection, new Operation.Zero(x, selection, x.next()));
            add.of("scale " + selection, new Operation.Pointwise(x, selection, new Rule.Times(-1.5), x.next()));
            add.of("clamp " + selection, new Operation.Pointwise(x, selection, CLAMP, x.next()));
            add.of("replace " + selection, new Operation.Replace(x, other, selection, x.next()));
            add.of("shift " + selection, new Operation.Shift(x, other, 0.75, selection, x.next()));
            if (selection.columns().isEmpty()) {
                add.of("project out " + selection, new Operation.Subspace(x, basis, false, selection, x.next()), basis);
                add.of("project onto " + selection, new Operation.Subspace(x, basis, true, selection, x.next()), basis);
            }
            if (selection.rows().isPresent()) continue;
            Value part = selection.columns().isPresent() ? x.resized("part", 2, 1) : x;
            if (selection.positions().isPresent()) part = part.resized("part", 1, 3);
            add.of("gather " + selection,
                    new Operation.Gather(x, selection, new Value("gathered", 0, part.dimensions())));
        }
        return cases.stream();
    }

    private interface Builder {
        void of(String name, Operation operation, Value... lent);

        default void of(String name, Operation operation) { of(name, operation, new Value[0]); }
    }

    private static List<Selection> selections(int batch, int width) {
        Optional<List<Integer>> twice = Optional.of(List.of(-1, 0, 0)), row = Optional.of(List.of(batch - 1));
        return List.of(Selection.ALL, Selection.ALL.at(twice), Selection.ALL.rows(row),
                Selection.ALL.columns(Optional.of(List.of(width - 1))));
    }

    /** A program of one operation, differentiated with respect to all its inputs. */
    private static final class Trial {
        final Case tested;
        final Differentiation.Gradients gradients;
        final Inputs inputs;
        final Weights weights;

        Trial(Case tested) {
            this.tested = tested;
            Random random = new Random(tested.toString().hashCode());
            Sizes sizes = new Sizes(tested.batch(), tested.pos(), 0);
            List<Operation> operations = new ArrayList<>();
            Map<Value, Tensor> given = new LinkedHashMap<>();
            for (Value input : Set.copyOf(tested.operation().inputs())) {
                operations.add(tested.lent().contains(input) ? new Operation.Lent(input) : new Operation.Given(input));
                given.put(input, input.name().equals("basis") ? unit(random(input, sizes, random))
                        : random(input, sizes, random));
            }
            operations.add(tested.operation());
            Value out = tested.operation().out();
            Program program = new Program(operations, Set.of(out));
            List<Value> wanted =
                    tested.operation().inputs().stream().distinct().filter(v -> !tested.lent().contains(v)).toList();
            gradients = Differentiation.of(program, out, wanted, program.parameters());
            given.put(gradients.seed(), random(gradients.seed(), sizes, random));
            int[] tokens =
                    random.ints(tested.batch() * tested.pos(), 0, Math.min(7, lastAxis(tested.operation()))).toArray();
            int[] padding = new int[tested.batch()];
            if (tested.batch() > 1) padding[1] = tested.pos() > 4 ? 2 : 1;
            inputs = new Inputs(tokens, padding, Optional.empty(), given);
            Map<String, Weight> byName = new LinkedHashMap<>();
            for (Parameter p : program.parameters()) {
                float[] values = new float[p.rows() * p.columns()];
                for (int i = 0; i < values.length; i++) values[i] = rounded(random.nextGaussian());
                byName.put(p.name(), Weight.of(p.name(), p.rows(), p.columns(), values));
            }
            weights = new Weights(byName);
        }

        private static int lastAxis(Operation operation) {
            Value value = operation.inputs().isEmpty() ? operation.out() : operation.inputs().getFirst();
            return value.dimensions().getLast().size() instanceof Size.Fixed(int length) ? length : 7;
        }

        private static Tensor unit(Tensor direction) { return direction.div(direction.norm()); }

        private static float rounded(double x) { return (float) (Math.rint(x / STEP) * STEP); }

        private static Tensor random(Value value, Sizes sizes, Random random) {
            Tensor tensor = Tensor.zeros(value.shape(sizes));
            boolean positive = value.name().equals("scale"), gaps = value.name().equals("numbers");
            for (long i = 0; i < tensor.elements(); i++) {
                float number = rounded(positive ? 0.5 + random.nextDouble() : random.nextGaussian());
                tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, gaps && i % 3 == 1 ? Float.NaN : number);
            }
            return tensor;
        }

        /** Returns Σ seed · the operation's result. */
        double metric() {
            double[] out = new ReferenceBackend().compile(gradients.program(), weights).exactly(inputs)
                    .get(tested.operation().out());
            Tensor seed = inputs.given().get(gradients.seed());
            double sum = 0;
            for (int i = 0; i < out.length; i++) {
                boolean counts = !Double.isNaN(out[i]) && !Double.isInfinite(out[i]);
                if (counts) sum += out[i] * seed.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            }
            return sum;
        }
    }

    @ParameterizedTest
    @MethodSource("small") void theGradientIsTheSlopeOfTheMetric(Case tested) {
        Trial trial = new Trial(tested);
        Map<Value, double[]> exact =
                new ReferenceBackend().compile(trial.gradients.program(), trial.weights).exactly(trial.inputs);
        trial.gradients.values().forEach((value, gradient) -> assertSlope(trial, value.name(),
                trial.inputs.given().get(value).data(), exact.get(gradient)));
        trial.gradients.parameters().forEach((parameter, gradient) -> assertSlope(trial, parameter.name(),
                trial.weights.get(parameter.name()).data(), exact.get(gradient)));
        assertTrue(trial.gradients.values().size() + trial.gradients.parameters().size() > 0);
    }

    private static void assertSlope(Trial trial, String name, java.lang.foreign.MemorySegment data, double[] gradient) {
        double largest = Math.max(1, Arrays.stream(gradient).map(Math::abs).max().orElseThrow());
        for (int i = 0; i < gradient.length; i++) {
            float before = data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (before + STEP));
            double above = trial.metric();
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (before - STEP));
            double below = trial.metric();
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, before);
            if (Float.isNaN(before)) assertEquals(0, gradient[i], name + " " + i);
            else
                assertEquals((above - below) / (2 * STEP), gradient[i], 2e-6 * largest,
                        trial.tested + ": by " + name + "[" + i + "]");
        }
    }

    @ParameterizedTest
    @MethodSource("awkward") void everyBackendFindsTheReferencesGradient(Case tested) {
        Trial trial = new Trial(tested);
        Program program = trial.gradients.program();
        Map<Value, double[]> expected = new ReferenceBackend().compile(program, trial.weights).exactly(trial.inputs);
        Map<Value, Tensor> actual = BackendUnderTest.BACKEND.compile(program, trial.weights).run(trial.inputs);
        List<Value> gradients = new ArrayList<>(trial.gradients.values().values());
        gradients.addAll(trial.gradients.parameters().values());
        for (Value gradient : gradients) {
            assertClose(tested + " " + gradient, expected.get(gradient), actual.get(gradient));
        }
    }

    private static void assertClose(String what, double[] expected, Tensor actual) {
        double largest = Math.max(1e-6, Arrays.stream(expected).map(Math::abs).max().orElseThrow());
        for (int i = 0; i < expected.length; i++)
            assertEquals(expected[i], actual.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), 1e-5 * largest,
                    what + "[" + i + "]");
    }

    // ---- operations without a derivative

    private static final Value LOGITS = Value.of("logits", BATCH, POS, fixed("dVocab", 5)),
            NUMBERS = Value.of("numbers", BATCH, POS);

    @Test void operationsThatHaveNoDerivativeAreRefusedByName() {
        for (Operation operation : List.of(new Operation.Rank(LOGITS, List.of(1), NUMBERS),
                new Operation.ArgMax(LOGITS, NUMBERS))) {
            Program program = new Program(List.of(new Operation.Given(LOGITS), operation), Set.of());
            String message = assertThrows(UsageException.class,
                    () -> Differentiation.of(program, NUMBERS, List.of(LOGITS), List.of())).getMessage();
            assertTrue(message.contains("numbers") && message.contains("in steps"), message);
        }
        Value hooked = LOGITS.next();
        Program hook = new Program(List.of(new Operation.Given(LOGITS),
                new Operation.HostCall(LOGITS, Selection.ALL, (x, _) -> x, hooked)), Set.of());
        assertTrue(
                assertThrows(UsageException.class, () -> Differentiation.of(hook, hooked, List.of(LOGITS), List.of()))
                        .getMessage().contains("JavaScript hook"));
    }

    @Test void aMetricThatDoesNotDependOnAValueIsRefused() {
        Value other = Value.of("other", BATCH, POS, fixed("dVocab", 5));
        Program program = new Program(List.of(new Operation.Given(LOGITS), new Operation.Given(other),
                new Operation.NextTokenLoss(LOGITS, Selection.ALL, NUMBERS)), Set.of());
        String message = assertThrows(UsageException.class,
                () -> Differentiation.of(program, NUMBERS, List.of(other), List.of())).getMessage();
        assertEquals("numbers does not depend on other, so it has no gradient", message);
    }
}
