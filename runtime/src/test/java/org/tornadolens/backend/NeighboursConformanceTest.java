package org.tornadolens.backend;

import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;

/**
 * Compares products with biases and their neighbours in models between every backend and the reference. Backends take
 * them together: in one launch where rows are few, in panels where they are many.
 */
@ConformanceSuite class NeighboursConformanceTest {

    private static final double BOUND = 1e-5;   // relative to the largest value

    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS);

    /**
     * Widths that are no multiples of a vector; the larger one is whole tiles, so that its products are written in
     * panels.
     */
    private static final int D = 37, HIDDEN = 72, HEADS = 4, D_HEAD = 6;

    private static final Value X = value("x", D), NORMED = value("normed", D);

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    private static Value value(String name, int width) { return Value.of(name, BATCH, POS, fixed("d", width)); }

    private static Value heads(String name) {
        return Value.of(name, BATCH, POS, fixed("head", HEADS), fixed("dHead", D_HEAD));
    }

    private static Operation project(Value x, int columns, String weight, int rows, Value out) {
        return new Operation.Linear(x, new Parameter(weight, rows, columns), out);
    }

    private static Operation bias(Value x, String name, int width, Value out) {
        return new Operation.Bias(x, new Parameter(name, 1, width), out);
    }

    private static List<Operation> normed() {
        Operation norm = new Operation.RmsNorm(X, new Parameter("gain", 1, D), 1e-5, NORMED);
        return new ArrayList<>(List.of(new Operation.Given(X), norm));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,3", "2,2", "4,1", "3,17"}) void queriesKeysAndValuesWithBiases(int batch, int pos) {
        for (boolean together : new boolean[]{true, false}) {
            List<Operation> operations = normed(), biases = new ArrayList<>();
            Set<Value> kept = new LinkedHashSet<>();
            for (String name : List.of("q", "k", "v")) {
                int width = HEADS * D_HEAD;
                operations.add(project(NORMED, D, name + ".weight", width, heads(name)));
                boolean none = name.equals("k") && !together;
                Operation bias = bias(heads(name), name + ".bias", width, heads(name).next());
                kept.add(none ? heads(name) : bias.out());
                if (!none) (together ? biases : operations).add(bias);
            }
            operations.addAll(biases);
            assertAgrees(new Program(operations, kept), batch, pos);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,3", "2,2", "4,1", "3,17"}) void anMlpWithBiasesThatGoesToTheResidualStream(int batch,
            int pos) {
        Value gate = value("gate", HIDDEN), up = value("up", HIDDEN), post = value("post", HIDDEN);
        Value down = value("down", D), out = value("out", D);
        for (boolean biased : new boolean[]{true, false}) {
            List<Operation> operations = normed();
            operations.add(project(NORMED, D, "gate", HIDDEN, gate));
            operations.add(project(NORMED, D, "up", HIDDEN, up));
            if (biased) operations.add(bias(gate, "gate.bias", HIDDEN, gate.next()));
            if (biased) operations.add(bias(up, "up.bias", HIDDEN, up.next()));
            operations.add(new Operation.SwiGlu(biased ? gate.next() : gate, biased ? up.next() : up, post));
            operations.add(project(post, HIDDEN, "down", D, down));
            operations.add(bias(down, "down.bias", D, down.next()));
            operations.add(new Operation.Sum(down.next(), X, out));
            assertAgrees(new Program(operations, Set.of(out)), batch, pos);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,3", "2,2", "3,17"}) void aProductWithABiasThatSomebodyReadsBefore(int batch, int pos) {
        Value y = value("y", HIDDEN), z = value("z", HIDDEN);
        List<Operation> operations = List.of(new Operation.Given(X),
                project(X, D, "y", HIDDEN, y), bias(y, "y.bias", HIDDEN, y.next()),
                project(X, D, "z", HIDDEN, z), bias(z, "z.bias", HIDDEN, z.next()));
        assertAgrees(new Program(operations, Set.of(y, y.next(), z.next())), batch, pos);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,2"}) void everyHeadsNormBetweenAProductAndWhatReadsIt(int batch, int pos) {
        Value q = heads("q"), normed = heads("normedQ"), out = value("out", D);
        List<Operation> operations = normed();
        operations.add(project(NORMED, D, "q.weight", HEADS * D_HEAD, q));
        operations.add(new Operation.RmsNorm(q, new Parameter("q.gain", 1, D_HEAD), 1e-5, normed));
        operations.add(project(normed, HEADS * D_HEAD, "o.weight", D, out));
        assertAgrees(new Program(operations, Set.of(out)), batch, pos);
    }

    private static void assertAgrees(Program program, int batch, int pos) {
        Random random = new Random(batch * 100 + pos);
        Tensor x = RandomNumbers.tensor(X, new Sizes(batch, pos, 0), random);
        Inputs inputs = new Inputs(new int[batch * pos], new int[batch], Optional.empty(), Map.of(X, x));
        Weights weights = RandomNumbers.weights(program, random);
        Map<Value, Tensor> expected = BackendUnderTest.REFERENCE.compile(program, weights).run(inputs);
        Map<Value, Tensor> actual = BackendUnderTest.BACKEND.compile(program, weights).run(inputs);
        expected.forEach(
                (value, tensor) -> assertClose(batch + "×" + pos + " " + value, tensor, actual.get(value), BOUND));
    }
}
