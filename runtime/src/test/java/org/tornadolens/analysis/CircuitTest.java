package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Head;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Compares circuits in factored form with the same matrices multiplied out. */
class CircuitTest {

    private static final Head HEAD = new Head(1, 3);
    private static final int[] ROWS = IntStream.range(3, 15).toArray(), COLUMNS = IntStream.range(1, 18).toArray();
    private static final int OFFSET = 3;

    private final Model model = Goldens.of("grouped-query").model();
    private final Random random = new Random(3);

    private FactoredMatrix random(int rows, int rank, int columns) {
        return new FactoredMatrix(random(rows, rank), random(rank, columns));
    }

    private Tensor random(int rows, int columns) {
        Tensor tensor = Tensor.zeros(Shape.of("a", rows, "b", columns));
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) tensor.set((float) random.nextGaussian(), i, j);
        return tensor;
    }

    private static Tensor ofHeads(Model model, Function<Head, Double> value) {
        Configuration c = model.configuration();
        Tensor all = Tensor.zeros(Shape.of("layer", c.nLayers(), "head", c.nHeads()));
        for (int l = 0; l < c.nLayers(); l++)
            for (int h = 0; h < c.nHeads(); h++) all.set(value.apply(new Head(l, h)).floatValue(), l, h);
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void everyHeadsCircuitsAreThoseOfTheDenseMatrices(
            String shape) {
        Goldens golden = Goldens.of(shape);
        Model model = golden.model();
        for (boolean folded : new boolean[]{false, true}) {
            String name = folded ? "folded." : "";
            golden.assertMatches(name + "ov.norm", ofHeads(model, h -> Circuit.ov(model, h, folded).matrix().norm()));
            golden.assertMatches(name + "qk.norm",
                    ofHeads(model, h -> Circuit.qk(model, h, OFFSET, folded).matrix().norm()));
            golden.assertMatches(name + "ov.trace", ofHeads(model, h -> Circuit.ov(model, h, folded).matrix().trace()));
            Tensor singular = golden.get(name + "ov.singular");
            for (int h = 0; h < model.configuration().nHeads(); h++) {
                double[] s = Circuit.ov(model, new Head(1, h), folded).matrix().svd().s();
                for (int i = 0; i < s.length; i++)
                    assertEquals(singular.get(1, h, i), s[i], 1e-5, "singular value " + i + " of 1." + h);
            }
            golden.assertMatches(name + "ov.full", Circuit.ov(model, HEAD, folded).dense(ROWS, COLUMNS));
            golden.assertMatches(name + "qk.full", Circuit.qk(model, HEAD, OFFSET, folded).dense(ROWS, COLUMNS));
        }
        golden.assertMatches("ov.full", Circuit.ov(model, HEAD, false).full().dense(ROWS, COLUMNS));
    }

    @Test void copyingScoresAreThoseOfTheScoresForAllHeads() {
        assertClose("copying", Copying.scores(model), ofHeads(model, h -> Circuit.ov(model, h, false).copyingScore()),
                1e-4);
    }

    @Test void rotatedQueriesAndKeysScoreAsTheCircuitOfTheirOffsetSays() {
        Tensor normalized = null;
        var run = model.run(Goldens.of("grouped-query").tokens(),
                RunOptions.DEFAULT.keep("blocks.1.ln1.hook_normalized", "blocks.1.attn.hook_attn_scores"));
        normalized = run.cache().get("blocks.1.ln1.hook_normalized").at("batch", 0);
        Tensor scores = run.cache().get("blocks.1.attn.hook_attn_scores").at("batch", 0).at("head", 3);
        for (int dest = 0; dest < 5; dest++) {
            for (int src = 0; src <= dest; src++) {
                Tensor qk = Circuit.qk(model, HEAD, dest - src, true).matrix().dense();
                double score = normalized.at("pos", dest).rename("dModel", "row").dot(qk)
                        .dot(normalized.at("pos", src).rename("dModel", "column")).item();
                assertEquals(scores.get(dest, src), score / Math.sqrt(model.configuration().dHead()), 1e-4,
                        dest + " to " + src);
            }
        }
    }

    @Test void eigenvaluesSumToTheTrace() {
        for (FactoredMatrix matrix : List.of(random(9, 4, 9), random(5, 8, 5))) {
            double sum = 0;
            for (double re : matrix.eigenvalues().re()) sum += re;
            assertEquals(matrix.dense().diagonal(0).sum(), sum, 1e-4);
            assertEquals(matrix.trace(), sum, 1e-4);
            assertEquals(matrix.trace(), matrix.diagonal().sum(), 1e-4);
            assertTrue(matrix.eigenvalues().re().length <= Math.min(matrix.rank(), matrix.rows()));
        }
    }

    @Test void singularValuesAndVectorsMakeTheMatrixAgain() {
        for (FactoredMatrix matrix : List.of(random(9, 4, 7), random(5, 8, 6), random(4, 3, 20))) {
            FactoredMatrix.Svd svd = matrix.svd();
            Tensor s = Tensor.zeros(Shape.of("component", svd.s().length));
            for (int i = 0; i < svd.s().length; i++) s.set((float) svd.s()[i], i);
            assertClose("u s vᵀ", matrix.dense(), svd.u().mul(s).matmul(svd.v().transpose()), 1e-5);
            double squares = 0;
            for (double value : svd.s()) squares += value * value;
            assertEquals(matrix.norm(), Math.sqrt(squares), 1e-4);
        }
    }

    @Test void productsSumsAndMultiplesAreThoseOfTheMatrices() {
        FactoredMatrix a = random(6, 2, 7), b = random(7, 3, 5), c = random(6, 4, 7);
        assertClose("product", a.dense().matmul(b.dense().rename("row", "x")), a.times(b).dense(), 1e-5);
        assertEquals(2, a.times(b).rank(), "the smaller rank");
        assertEquals(2, b.transpose().times(a.transpose()).rank());
        assertClose("sum", a.dense().add(c.dense()), a.plus(c).dense(), 1e-5);
        assertClose("multiple", a.dense().mul(-2), a.scaled(-2).dense(), 1e-5);
        assertClose("transpose", a.dense().transpose(), a.transpose().dense(), 1e-5);
        assertEquals(0, a.plus(a.scaled(-1)).norm(), 1e-6, "what cancels is zero");
        assertThrows(UsageException.class, () -> a.times(c));
        assertThrows(UsageException.class, () -> a.plus(b));
        assertThrows(UsageException.class, a::trace);
    }

    @Test void theLargestEntriesAreThoseOfTheDenseCircuit() {
        Circuit ov = Circuit.ov(model, HEAD, false);
        int[] all = IntStream.range(0, model.configuration().dVocab()).toArray();
        List<Integer> expected = ov.dense(all, all).top(20).stream()
                .map(t -> t.index().get("row") * 1000 + t.index().get("column")).toList();
        assertEquals(expected, ov.top(20, rows -> {}).stream().map(e -> e.row() * 1000 + e.column()).toList());
    }

    @Test void severalHeadsAddedUpAreOneHead() {
        Circuit sum = Circuit.ov(model, new Head(0, 1), false).plus(Circuit.ov(model, HEAD, false));
        assertClose("diagonal",
                Circuit.ov(model, new Head(0, 1), false).diagonal().add(Circuit.ov(model, HEAD, false).diagonal()),
                sum.diagonal(), 1e-5);
        assertEquals(2 * model.configuration().dHead(), sum.matrix().rank());
    }

    @Test void circuitsThatDoNotFitAreRefused() {
        Circuit ov = Circuit.ov(model, HEAD, false), qk = Circuit.qk(model, HEAD, 0, false);
        assertThrows(UsageException.class, () -> ov.plus(qk));
        assertThrows(UsageException.class, () -> ov.times(qk.full()));
        assertThrows(UsageException.class, () -> ov.dense(new int[]{97}, COLUMNS));
        assertThrows(UsageException.class, () -> Circuit.ov(model, new Head(0, 4), false));
    }
}
