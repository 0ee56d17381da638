package org.tornadolens.backend;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rule;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;
import org.tornadolens.testing.TensorAssertions;

/**
 * Compares single operations of every backend with the scalar double-precision reference, over batches, lengths and
 * widths that no tile or vector divides.
 */
@ConformanceSuite class OperationConformanceTest {

    private static final double BOUND = 1e-5;   // relative to the largest value

    /** Rows of different padding, in all of which the named positions exist. */
    private static final List<Integer> PADDING = List.of(0, 2, 1);

    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS),
            DEST = new Dimension("dest", Symbol.POS), SRC = new Dimension("src", Symbol.KEY);

    /** The rules that {@link Operation.Pointwise} is tested with. */
    private static final List<Rule> RULES = List.of(new Rule.Times(-1.7), new Rule.Clamp(-0.3, 0.6),
            new Rule.Clamp(Double.NEGATIVE_INFINITY, 0.1), new Rule.Clamp(0, Double.POSITIVE_INFINITY));

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    private static Value value(String name, Dimension... dimensions) { return Value.of(name, dimensions); }

    /** An operation and its sizes; those of its inputs that the caller lends are in {@code lent}. */
    private record Case(String name, Operation operation, Set<Value> lent, int batch, int pos) {
        @Override public String toString() {
            return name + " " + operation.inputs().getFirst() + " " + batch + "×" + pos;
        }
    }

    static Stream<Arguments> cases() {
        List<Case> cases = new ArrayList<>();
        for (int batch : new int[]{1, 3}) {
            for (int pos : new int[]{4, 17}) {
                for (int width : new int[]{1, 6, 64, 129}) withParameters(cases, width, batch, pos);
                for (int width : new int[]{1, 7, 64, 129}) {
                    interventions(cases, value("x", BATCH, POS, fixed("dModel", width)), batch, pos, false);
                    interventions(cases, value("z", BATCH, POS, fixed("head", 3), fixed("dHead", width)), batch, pos,
                            true);
                    metrics(cases, value("logits", BATCH, POS, fixed("dVocab", width)), batch, pos);
                }
                // a value of only the last positions of the run: selected positions count from its own end
                Value last = value("last", BATCH, fixed("pos", 3), fixed("dModel", 7));
                if (batch == 1) interventions(cases, last, batch, pos, false);
                for (Value x : List.of(last, value("x", BATCH, POS, fixed("dModel", 7)))) {
                    if (batch == 1)
                        cases.add(new Case("gather", new Operation.Gather(x,
                                Selection.ofPositions(Optional.of(List.of(-1, -3))), x.resized("gathered", 1, 2)),
                                Set.of(), batch, pos));
                }
                interventions(cases, value("pattern", BATCH, fixed("head", 3), DEST, SRC), batch, pos, true);
            }
        }
        withParameters(cases, 6, 3, 140);
        withParameters(cases, 64, 1, 300);
        return cases.stream().map(Arguments::of);
    }

    /** Operations with parameters that treat every row alike: rows of the model's width, and those of every head. */
    private static void withParameters(List<Case> cases, int width, int batch, int pos) {
        Value x = value("x", BATCH, POS, fixed("dModel", width)), scale = value("scale", BATCH, POS, fixed("scale", 1));
        Value q = value("q", BATCH, POS, fixed("head", 3), fixed("dHead", width));
        Value scales = value("scale", BATCH, POS, fixed("head", 3), fixed("scale", 1));
        Parameter gain = new Parameter("gain", 1, width);
        for (Value value : List.of(x, q)) {
            Value by = value == x ? scale : scales, out = value.next();
            Parameter bias = new Parameter("bias", 1, value == x ? width : 3 * width);
            cases.add(new Case("norm scale", new Operation.NormScale(value, 1e-5, by), Set.of(), batch, pos));
            cases.add(new Case("normalize", new Operation.Normalize(value, by, out), Set.of(), batch, pos));
            cases.add(new Case("gain", new Operation.Gain(value, gain, out), Set.of(), batch, pos));
            cases.add(new Case("RMSNorm", new Operation.RmsNorm(value, gain, 1e-5, out), Set.of(), batch, pos));
            cases.add(new Case("bias", new Operation.Bias(value, bias, out), Set.of(), batch, pos));
        }
    }

    private static List<Selection> selections(int batch, boolean heads, int width) {
        Optional<List<Integer>> last = Optional.of(List.of(-1, 0)), row = Optional.of(List.of(batch - 1)),
                head = Optional.of(List.of(2, 0));
        List<Selection> selections = new ArrayList<>(List.of(Selection.ALL, Selection.ALL.at(last),
                Selection.ALL.rows(row), Selection.ALL.rows(row).at(last),
                Selection.ALL.columns(Optional.of(List.of(width - 1)))));
        if (heads)
            selections.addAll(List.of(Selection.ALL.heads(head),
                    Selection.ALL.rows(row).heads(head).at(last).columns(Optional.of(List.of(0)))));
        return selections;
    }

    private static void interventions(List<Case> cases, Value x, int batch, int pos, boolean heads) {
        Value out = x.next();
        Dimension[] axes = x.dimensions().toArray(Dimension[]::new);
        boolean pattern = x.axis("src") >= 0;
        int width = pattern ? 1 : x.dimensions().getLast().size().bind(new org.tornadolens.program.Sizes(1, 1, 0));
        for (Selection selection : selections(batch, heads, width)) {
            cases.add(new Case("zero " + selection, new Operation.Zero(x, selection, out), Set.of(), batch, pos));
            for (Rule rule : RULES) {
                Operation change = new Operation.Pointwise(x, selection, rule, out);
                Operation back = new Derivative.PointwiseInput(value("dy", axes), x, selection, rule, out);
                cases.add(new Case(rule + " " + selection, change, Set.of(), batch, pos));
                cases.add(new Case("slope of " + rule + " " + selection, back, Set.of(), batch, pos));
            }
            for (Value source : sources(x)) {
                cases.add(new Case("replace " + selection + " from " + source,
                        new Operation.Replace(x, source, selection, out), Set.of(source), batch, pos));
                cases.add(new Case("shift " + selection + " by " + source,
                        new Operation.Shift(x, source, 0.3, selection, out), Set.of(source), batch, pos));
            }
            Value computed = value("computed", axes);
            cases.add(new Case("replace " + selection + " from a value",
                    new Operation.Replace(x, computed, selection, out), Set.of(), batch, pos));
            if (selection.columns().isPresent() || pattern) continue;
            for (int directions = 1; directions <= Math.min(2, width); directions++) {
                Value basis = value("basis", fixed("direction", directions), x.dimensions().getLast());
                for (boolean keep : new boolean[]{true, false}) {
                    cases.add(new Case("subspace " + selection, new Operation.Subspace(x, basis, keep, selection, out),
                            Set.of(basis), batch, pos));
                }
            }
        }
    }

    /** Sources of the value's own shape, of one row for all, and of one vector for all. */
    private static List<Value> sources(Value x) {
        Dimension[] row = x.dimensions().toArray(Dimension[]::new), vector = row.clone();
        row[0] = fixed("batch", 1);
        for (int axis = 0; axis < vector.length - 1; axis++) vector[axis] = fixed(vector[axis].axis(), 1);
        return List.of(value("source", x.dimensions().toArray(Dimension[]::new)), value("row", row),
                value("vector", vector));
    }

    private static void metrics(List<Case> cases, Value logits, int batch, int pos) {
        Value out = value("out", BATCH, POS);
        int vocabulary = logits.dimensions().getLast().size().bind(new org.tornadolens.program.Sizes(1, 1, 0));
        List<List<Integer>> sets = List.of(List.of(0), IntStream.range(0, (vocabulary + 1) / 2).boxed().toList());
        cases.add(new Case("log probability", new Operation.LogProbability(logits, sets, out), Set.of(), batch, pos));
        cases.add(new Case("rank", new Operation.Rank(logits, List.of(vocabulary - 1, 0, vocabulary / 2), out),
                Set.of(), batch, pos));
        cases.add(new Case("arg-max", new Operation.ArgMax(logits, out), Set.of(), batch, pos));
        for (Value reference : sources(logits)) {
            cases.add(new Case("KL from " + reference, new Operation.KlDivergence(logits, reference, out),
                    Set.of(reference), batch, pos));
            cases.add(new Case("dot with " + reference, new Operation.Dot(logits, reference, out), Set.of(reference),
                    batch, pos));
        }
        Value losses = value("losses", BATCH, POS);
        cases.add(new Case("mean over positions", new Operation.MeanPositions(losses, value("mean", BATCH)), Set.of(),
                batch, pos));
    }

    @ParameterizedTest
    @MethodSource("cases") void anOperationAgreesWithTheReference(Case tested) {
        int[] padding = PADDING.subList(0, tested.batch()).stream().mapToInt(Integer::intValue).toArray();
        List<Operation> operations = new ArrayList<>();
        Map<Value, Tensor> given = new LinkedHashMap<>();
        Random random = new Random(tested.toString().hashCode());
        for (Value input : tested.operation().inputs()) {
            operations.add(tested.lent().contains(input) ? new Operation.Lent(input) : new Operation.Given(input));
            given.put(input, input.name().equals("basis") ? orthonormal(input.shape(sizes(tested)), random)
                    : random(input, tested, random));
        }
        operations.add(tested.operation());
        Program program = new Program(operations, Set.of(tested.operation().out()));
        Inputs inputs = new Inputs(new int[tested.batch() * tested.pos()], padding, Optional.empty(), given);

        Weights weights = RandomNumbers.weights(program, random);
        Value out = tested.operation().out();
        Tensor expected = BackendUnderTest.REFERENCE.compile(program, weights).run(inputs).get(out);
        Tensor actual = BackendUnderTest.BACKEND.compile(program, weights).run(inputs).get(out);
        assertClose(tested.toString(), expected, actual);
    }

    private static org.tornadolens.program.Sizes sizes(Case tested) {
        return new org.tornadolens.program.Sizes(tested.batch(), tested.pos(), 0);
    }

    private static Tensor random(Value value, Case tested, Random random) {
        Tensor tensor = Tensor.zeros(value.shape(sizes(tested)));
        boolean gaps = value.name().equals("losses");   // positions without a loss
        boolean positive = value.name().equals("scale");
        for (long i = 0; i < tensor.elements(); i++) {
            float number = (float) (positive ? 0.5 + random.nextDouble() : random.nextGaussian());
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, gaps && i % 3 == 1 ? Float.NaN : number);
        }
        return tensor;
    }

    private static Tensor orthonormal(Shape shape, Random random) {
        int n = shape.size(0), d = shape.size(1);
        double[][] rows = new double[n][d];
        for (int k = 0; k < n; k++) {
            for (int c = 0; c < d; c++) rows[k][c] = random.nextGaussian();
            for (int j = 0; j < k; j++) {
                double along = 0;
                for (int c = 0; c < d; c++) along += rows[k][c] * rows[j][c];
                for (int c = 0; c < d; c++) rows[k][c] -= along * rows[j][c];
            }
            double norm = Math.sqrt(java.util.Arrays.stream(rows[k]).map(v -> v * v).sum());
            for (int c = 0; c < d; c++) rows[k][c] /= norm;
        }
        float[] flat = new float[n * d];
        for (int i = 0; i < flat.length; i++) flat[i] = (float) rows[i / d][i % d];
        return Tensor.of(shape, flat);
    }

    private static void assertClose(String what, Tensor expected, Tensor actual) {
        TensorAssertions.assertCloseWithGaps(what, expected, actual, BOUND);
    }
}
