package org.tornadolens.backend;

import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.checkpoint.TypeGoldens;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;

/** Whatever reads weights, with weights of every type, against the reference. */
@ConformanceSuite class TypeConformanceTest {

    private static final double BOUND = 1e-5;   // relative to the largest value
    private static final int HEADS = 3;

    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS);

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    private static Value value(String name, int width) { return Value.of(name, BATCH, POS, fixed("d", width)); }

    private static Value heads(String name, int width) {
        return Value.of(name, BATCH, POS, fixed("head", HEADS), fixed("dHead", width));
    }

    private static Parameter matrix(String name, int rows, int columns) { return new Parameter(name, rows, columns); }

    /** Each type with rows of one block and of two, for one position, a few and many. */
    static Stream<Arguments> cases() {
        return Stream.of(DType.values()).flatMap(type -> Stream.of(1, 2).flatMap(blocks -> IntStream.of(1, 4, 18)
                .mapToObj(pos -> Arguments.of(type, Math.max(blocks * type.blockElements(), 7 * blocks), pos))));
    }

    @ParameterizedTest
    @MethodSource("cases") void products(DType type, int width, int pos) {
        Value x = value("x", width);
        for (int rows : new int[]{2, 6, 67}) {
            Operation project = new Operation.Linear(x, matrix("w", rows, width), value("out", rows));
            assertAgrees(type, List.of(new Operation.Given(x), project), Set.of(project.out()), pos);
        }
    }

    @ParameterizedTest
    @MethodSource("cases") void productsThatShareANorm(DType type, int width, int pos) {
        Value x = value("x", width), normed = value("normed", width);
        Operation norm = new Operation.RmsNorm(x, new Parameter("gain", 1, width), 1e-5, normed);
        List<Operation> operations = new ArrayList<>(List.of(new Operation.Given(x), norm));
        Set<Value> kept = new LinkedHashSet<>();
        for (int rows : new int[]{13, 6, 7}) {
            Value y = value("y" + rows, rows);
            operations.add(new Operation.Linear(normed, matrix("w" + rows, rows, width), y));
            Value biased = y.next();
            operations.add(new Operation.Bias(y, new Parameter("bias" + rows, 1, rows), biased));
            kept.add(biased);
        }
        assertAgrees(type, operations, kept, pos);
    }

    @ParameterizedTest
    @MethodSource("cases") void anMlp(DType type, int width, int pos) {
        Value x = value("x", width), normed = value("normed", width), gate = value("gate", width),
                up = value("up", width), post = value("post", width), down = value("down", width),
                out = value("out", width);
        List<Operation> operations = List.of(new Operation.Given(x),
                new Operation.RmsNorm(x, new Parameter("gain", 1, width), 1e-5, normed),
                new Operation.Linear(normed, matrix("gate", width, width), gate),
                new Operation.Linear(normed, matrix("up", width, width), up),
                new Operation.SwiGlu(gate, up, post),
                new Operation.Linear(post, matrix("down", width, width), down),
                new Operation.Sum(x, down, out));
        assertAgrees(type, operations, Set.of(out), pos);
    }

    @ParameterizedTest
    @MethodSource("cases") void everyHeadByItself(DType type, int width, int pos) {
        Value own = heads("own", width), q = heads("q", 5), z = heads("z", width), result = heads("result", 11);
        List<Operation> operations = List.of(new Operation.Given(own), new Operation.Given(z),
                new Operation.LinearPerHead(own, matrix("q", HEADS * 5, width), q),
                new Operation.HeadResult(z, matrix("o", 11, HEADS * width), List.of(0, 1, 2), result));
        assertAgrees(type, operations, Set.of(q, result), pos);
    }

    @ParameterizedTest
    @MethodSource("cases") void derivativesByInputs(DType type, int width, int pos) {
        Value dy = value("dy", 13), dq = heads("dq", 5), dResult = heads("dResult", 11);
        Value dx = value("dx", width), dOwn = heads("dOwn", width), dz = heads("dz", width);
        List<Operation> operations = List.of(new Operation.Given(dy), new Operation.Given(dq),
                new Operation.Given(dResult),
                new Derivative.LinearInput(dy, matrix("w", 13, width), dx),
                new Derivative.LinearPerHeadInput(dq, matrix("q", HEADS * 5, width), dOwn),
                new Derivative.HeadResultInput(dResult, matrix("o", 11, HEADS * width), List.of(0, 1, 2), dz));
        assertAgrees(type, operations, Set.of(dx, dOwn, dz), pos);
    }

    @ParameterizedTest
    @EnumSource void embeddings(DType type) {
        for (int blocks : new int[]{1, 2}) {
            int width = Math.max(blocks * type.blockElements(), 19);
            Value out = value("out", width);
            assertAgrees(type, List.of(new Operation.Embed(matrix("table", 40, width), out)), Set.of(out), 18);
        }
    }

    private static void assertAgrees(DType type, List<Operation> operations, Set<Value> kept, int pos) {
        Program program = new Program(operations, kept);
        Random random = new Random(type.ordinal() * 100 + pos);
        Sizes sizes = new Sizes(1, pos, 0);
        Map<Value, Tensor> given = new LinkedHashMap<>();
        for (Operation operation : operations)
            if (operation instanceof Operation.Given o)
                given.put(o.out(), RandomNumbers.tensor(o.out(), sizes, random));
        int[] tokens = IntStream.range(0, pos).map(i -> i * i % 40).toArray();
        Inputs inputs = new Inputs(tokens, new int[1], Optional.empty(), given);
        Weights weights = weights(program, type, random);
        Map<Value, Tensor> expected = BackendUnderTest.REFERENCE.compile(program, weights).run(inputs);
        Map<Value, Tensor> actual = BackendUnderTest.BACKEND.compile(program, weights).run(inputs);
        expected.forEach((value, tensor) -> assertClose(type + " " + value, tensor, actual.get(value), BOUND));
    }

    /** Matrices of the type, and vectors as f32. */
    private static Weights weights(Program program, DType type, Random random) {
        Map<String, Weight> byName = new LinkedHashMap<>();
        Weights plain = RandomNumbers.weights(program, random);
        for (Parameter p : program.parameters()) {
            byName.put(p.name(), p.rows() == 1 && p.name().matches("gain|bias.*") ? plain.get(p.name())
                    : TypeGoldens.random(random, type, p.rows(), p.columns()));
        }
        return new Weights(byName);
    }
}
