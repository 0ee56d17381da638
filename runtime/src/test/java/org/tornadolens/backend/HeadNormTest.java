package org.tornadolens.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;

/**
 * Norms of single heads: of queries and keys before rotation, and of attention's output before the output projection,
 * for few tokens and for as many as large products take.
 */
@ConformanceSuite class HeadNormTest {

    private static final int HEADS = 4, KV_HEADS = 2, D_MODEL = 40;
    private static final Dimension BATCH = new Dimension("batch", Size.Symbol.BATCH),
            POS = new Dimension("pos", Size.Symbol.POS), MODEL = fixed("dModel", D_MODEL);

    private final Random random = new Random(11);
    private final Map<String, Weight> weights = new HashMap<>();
    private final List<Operation> operations = new ArrayList<>();

    private Parameter parameter(String name, int rows, int columns) {
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) numbers[i] = (float) (random.nextGaussian() / Math.sqrt(columns));
        weights.put(name, Weight.of(name, rows, columns, numbers));
        return new Parameter(name, rows, columns);
    }

    private Value add(Operation operation) {
        operations.add(operation);
        return operation.out();
    }

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    private static Value heads(String name, String axis, int heads, int dHead) {
        return Value.of(name, BATCH, POS, fixed(axis, heads), fixed("dHead", dHead));
    }

    private Value projected(Value x, String name, String axis, int heads, int dHead) {
        Parameter weight = parameter("W_" + name, heads * dHead, D_MODEL);
        return add(new Operation.Linear(x, weight, heads(name, axis, heads, dHead)));
    }

    /** Divides each head's vector by its own scale and multiplies it by a gain that all heads share. */
    private Value normed(Value x) {
        List<Dimension> dimensions = x.dimensions();
        Dimension[] one = dimensions.toArray(Dimension[]::new);
        one[3] = fixed("scale", 1);
        Value scale = add(new Operation.NormScale(x, 1e-5, Value.of(x.name() + ".scale", one)));
        Value normalized = add(new Operation.Normalize(x, scale, new Value(x.name() + ".normalized", 0, dimensions)));
        int dHead = dimensions.get(3).size().bind(new Sizes(1, 1, 0));
        Parameter gain = parameter("w_" + x.name(), 1, dHead);
        return add(new Operation.Gain(normalized, gain, new Value(x.name() + ".normed", 0, dimensions)));
    }

    private Program attention(int dHead) {
        IntStream pairs = IntStream.range(0, dHead / 2);
        Rotary rotary = Rotary.plain(pairs.mapToObj(i -> Math.pow(100, -2.0 * i / dHead)).toList(), 64);
        Value x = add(new Operation.Given(Value.of("x", BATCH, POS, MODEL)));
        Value q = normed(projected(x, "q", "head", HEADS, dHead));
        Value k = normed(projected(x, "k", "kvHead", KV_HEADS, dHead));
        Value v = projected(x, "v", "kvHead", KV_HEADS, dHead);
        Value turnedQ = add(new Operation.Rotate(q, rotary, new Value("rot_q", 0, q.dimensions())));
        Value turnedK = add(new Operation.Rotate(k, rotary, new Value("rot_k", 0, k.dimensions())));
        Value z = normed(add(new Operation.Attend(turnedQ, turnedK, v, heads("z", "head", HEADS, dHead))));
        Parameter back = parameter("W_O", D_MODEL, HEADS * dHead);
        Value out = add(new Operation.Linear(z, back, Value.of("out", BATCH, POS, MODEL)));
        Value sum = add(new Operation.Sum(x, out, Value.of("sum", BATCH, POS, MODEL)));
        return new Program(operations, Set.of(sum));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 8", "1, 3, 8", "1, 33, 8", "1, 50, 6", "2, 40, 8", "3, 31, 10",
            "2, 64, 32"}) void everyHeadIsNormalizedByItself(int batch, int pos, int dHead) {
        Program steps = attention(dHead), fused = Rewrites.fuse(steps);
        assertEquals(3, fused.operations().stream().filter(Operation.RmsNorm.class::isInstance).count());
        Sizes sizes = new Sizes(batch, pos, 0);
        Value x = steps.value("x").orElseThrow(), sum = steps.value("sum").orElseThrow();
        float[] numbers = new float[batch * pos * D_MODEL];
        for (int i = 0; i < numbers.length; i++) numbers[i] = (float) random.nextGaussian();
        Tensor given = Tensor.of(x.shape(sizes), numbers);
        int[] padding = new int[batch];
        Arrays.setAll(padding, row -> row * Math.min(7, pos / 2));
        Inputs inputs = new Inputs(new int[batch * pos], padding, Optional.empty(), Map.of(x, given));
        Weights all = new Weights(weights);
        Tensor expected = BackendUnderTest.REFERENCE.compile(steps, all).run(inputs).get(sum);
        for (Program program : List.of(steps, fused)) {
            Tensor actual = BackendUnderTest.BACKEND.compile(program, all).run(inputs).get(sum);
            assertClose("sum", expected, actual, 1e-5);
        }
    }
}
