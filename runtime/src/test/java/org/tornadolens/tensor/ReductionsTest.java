package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.tensor.TensorsForTests.random;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;

/** Compares every reduction with a plain loop, over every choice of axes, on a tensor and on a view. */
class ReductionsTest {

    private static final String[] AXES = {"batch", "pos", "head"};

    private interface Reduction { Tensor over(Tensor tensor, String... axes); }

    private static void matchesALoop(Reduction reduction, ToDoubleFunction<List<Float>> loop) {
        Tensor whole = random(3, "batch", 3, "pos", 4, "head", 5);
        Tensor view = random(4, "head", 5, "batch", 4, "pos", 4).slice("batch", 1, 4).transpose("batch", "pos", "head");
        for (Tensor tensor : List.of(whole, view)) {
            for (int set = 1; set < 8; set++) {
                List<String> names = new ArrayList<>();
                int[] kept = new int[3];
                for (int i = 0; i < 3; i++) {
                    if ((set >> i & 1) == 1) names.add(AXES[i]);
                    else kept[i] = tensor.shape().size(i);
                }
                Tensor result = reduction.over(tensor, names.toArray(String[]::new));
                assertEquals(3 - names.size(), result.shape().rank());
                for (int b = 0; b < Math.max(1, kept[0]); b++) {
                    for (int p = 0; p < Math.max(1, kept[1]); p++) {
                        for (int h = 0; h < Math.max(1, kept[2]); h++) {
                            int[] fixed = {b, p, h};
                            double expected = loop.applyAsDouble(elements(tensor, kept, fixed));
                            int[] index = java.util.stream.IntStream.range(0, 3).filter(i -> kept[i] > 0)
                                    .map(i -> fixed[i]).toArray();
                            assertEquals(expected, result.get(index), 1e-6 * Math.max(1, Math.abs(expected)),
                                    names + " at " + java.util.Arrays.toString(index));
                        }
                    }
                }
            }
        }
    }

    private static List<Float> elements(Tensor tensor, int[] kept, int[] fixed) {
        List<Float> elements = new ArrayList<>();
        for (int b = 0; b < tensor.shape().size(0); b++) {
            for (int p = 0; p < tensor.shape().size(1); p++) {
                for (int h = 0; h < tensor.shape().size(2); h++) {
                    if ((kept[0] == 0 || b == fixed[0]) && (kept[1] == 0 || p == fixed[1])
                            && (kept[2] == 0 || h == fixed[2]))
                        elements.add(tensor.get(b, p, h));
                }
            }
        }
        return elements;
    }

    private static double mean(List<Float> x) { return x.stream().mapToDouble(v -> v).average().orElseThrow(); }

    private static double squares(List<Float> x, double from) {
        return x.stream().mapToDouble(v -> (v - from) * (v - from)).sum();
    }

    private static double max(List<Float> x) { return x.stream().mapToDouble(v -> v).max().orElseThrow(); }

    @Test void sum() { matchesALoop(Tensor::sum, x -> x.stream().mapToDouble(v -> v).sum()); }

    @Test void mean() { matchesALoop(Tensor::mean, ReductionsTest::mean); }

    @Test void maximum() { matchesALoop(Tensor::max, ReductionsTest::max); }

    @Test void minimum() { matchesALoop(Tensor::min, x -> x.stream().mapToDouble(v -> v).min().orElseThrow()); }

    @Test void argmax() { matchesALoop(Tensor::argmax, x -> x.indexOf((float) max(x))); }

    @Test void norm() { matchesALoop(Tensor::norm, x -> Math.sqrt(squares(x, 0))); }

    @Test void standardDeviationOfASample() {
        matchesALoop(Tensor::std, x -> Math.sqrt(squares(x, mean(x)) / (x.size() - 1)));
    }

    @Test void withoutAxesTheyGiveNumbersInDoublePrecision() {
        Tensor many = Tensor.zeros(Shape.of("row", 1000, "column", 1000));
        many.fill(0.1f);
        assertEquals(0.1f * 1e6, many.sum(), 1e-6, "a million f32 additions would be off by hundreds");
        assertEquals(0.1f, many.mean(), 1e-12);
        assertEquals(0, many.std(), 1e-12);
        many.set(3, 999, 998);
        assertEquals(999_998, many.argmax());
        assertEquals(3, many.max());
    }

    @Test void aMeanFarFromZeroLeavesTheDeviationExact() {
        Tensor far = Tensor.of(Shape.of("pos", 4), 1e6f, 1e6f + 1, 1e6f + 2, 1e6f + 3);
        assertEquals(Math.sqrt(5.0 / 3), far.std(), 1e-9);
    }

    @Test void nanSpreads() {
        Tensor scores = Tensor.of(Shape.of("layer", 2, "head", 2), 1, Float.NaN, 3, 2);
        assertTrue(Double.isNaN(scores.max()));
        assertTrue(Float.isNaN(scores.min("head").get(0)));
        assertEquals(3, scores.max("head").get(1));
    }

    @Test void softmaxAlongAnyAxisSumsToOneAndForgetsAShift() {
        Tensor scores = random(5, "dest", 3, "src", 7, "head", 2);
        Tensor shifted = scores.add(90);
        for (String axis : scores.shape().names()) {
            Tensor softmax = scores.softmax(axis);
            assertEquals(scores.shape(), softmax.shape());
            Tensor sums = softmax.sum(axis);
            assertEquals(1, sums.min(), 1e-6);
            assertEquals(1, sums.max(), 1e-6);
            assertEquals(0, shifted.softmax(axis).sub(softmax).abs().max(), 1e-5);
            Tensor exponentials = scores.exp();
            assertEquals(0, exponentials.div(exponentials.sum(axis)).sub(softmax).abs().max(), 1e-6);
        }
        Tensor masked = Tensor.of(Shape.of("src", 3), 1, Float.NEGATIVE_INFINITY, 1).softmax("src");
        assertEquals(0.5f, masked.get(0));
        assertEquals(0, masked.get(1));
    }

    @Test void topGivesValuesWithTheirIndexByAxis() {
        Tensor scores = Tensor.of(Shape.of("layer", 2, "head", 3), 0.1f, Float.NaN, 0.9f, 0.5f, 0.9f, -1);
        List<Top> top = scores.top(3);
        assertEquals(
                "[Top[value=0.9, index={layer=0, head=2}], Top[value=0.9, index={layer=1, head=1}], "
                        + "Top[value=0.5, index={layer=1, head=0}]]",
                top.toString(), "largest first, the earlier of equals first, never NaN");
        assertEquals(5, scores.top(100).size());
        assertThrows(UsageException.class, () -> scores.top(0));
    }

    @Test void anAxisThatIsNotThereIsNamed() {
        Tensor scores = random(1, "layer", 2, "head", 3);
        assertEquals("no axis \"heads\" in [layer 2, head 3]; nearest: head",
                assertThrows(UsageException.class, () -> scores.mean("heads")).getMessage());
        assertThrows(UsageException.class, () -> Tensor.zeros(Shape.of("pos", 0)).max());
    }
}
