package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.tensor.TensorsForTests.random;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;

/** Padding is left out: a padded batch gives what its rows give alone. */
class MaskTest {

    private static final float NAN = Float.NaN;

    /** Rows of 3, 1 and 2 tokens, padded on the left with numbers that would show in every result. */
    private static final Tensor MASK = Tensor.of(Shape.of("batch", 3, "pos", 3), 1, 1, 1, 0, 0, 1, 0, 1, 1);

    private static Tensor padded() {
        return Tensor.of(Shape.of("batch", 3, "pos", 3), 1, 2, 6, 99, NAN, 4, 99, 3, 5).masked(MASK);
    }

    private static float[] floats(Tensor tensor) {
        return (float[]) tensor.reshape(Shape.of("all", (int) tensor.elements())).toArray();
    }

    @Test void aReductionToOneNumberCountsOnlyTokens() {
        Tensor x = padded();
        assertEquals(21, x.sum());
        assertEquals(3.5, x.mean());
        assertEquals(6, x.max());
        assertEquals(1, x.min());
        assertEquals(2, x.argmax());
        assertEquals(Math.sqrt(91), x.norm(), 1e-12);
        assertEquals(Math.sqrt(3.5), x.std(), 1e-12);   // of 1 … 6
        assertEquals(21, x.transpose().sum());
    }

    @Test void aReductionOverAnAxisCountsOnlyTokens() {
        Tensor x = padded();
        assertArrayEquals(new float[]{9, 4, 8}, floats(x.sum("pos")));
        assertArrayEquals(new float[]{3, 4, 4}, floats(x.mean("pos")));
        assertArrayEquals(new float[]{1, 2.5f, 5}, floats(x.mean("batch")));
        assertArrayEquals(new float[]{6, 4, 5}, floats(x.max("pos")));
        assertArrayEquals(new float[]{2, 2, 2}, floats(x.argmax("pos")));
        assertArrayEquals(new float[]{0, 2, 0}, floats(x.argmax("batch")));
        assertArrayEquals(new float[]{1, 2, 4}, floats(x.min("batch")));
        assertEquals(21, x.sum("batch", "pos").item());
        assertFalse(x.mean("pos").mask().isPresent());
    }

    @Test void aResultOfNothingButPaddingIsPaddingItself() {
        Tensor x = padded().slice("batch", 1, 3), mean = x.mean("batch");
        assertArrayEquals(new float[]{0, 3, 4.5f}, floats(mean));
        assertArrayEquals(new float[]{0, 1, 1}, floats(mean.mask().orElseThrow()));
        assertEquals(3.75, mean.mean());
        UsageException error = assertThrows(UsageException.class, () -> x.slice("pos", 0, 1).sum());
        assertEquals("sum of [batch 2, pos 1]: every element is padding", error.getMessage());
        assertEquals(List.of(), x.at("pos", 0).top(3));
    }

    @Test void everyReductionOfAPaddedBatchIsThatOfItsRowsAlone() {
        Tensor all = random(1, "batch", 3, "pos", 3, "head", 2, "dHead", 5).masked(MASK);
        int[] padding = {0, 2, 1};
        List<Function<Tensor, Tensor>> reductions = Stream.<Function<Tensor, Tensor>>of(t -> t.sum("pos"),
                t -> t.mean("pos", "head"), t -> t.std("pos", "dHead"), t -> t.max("pos"), t -> t.min("pos", "dHead"),
                t -> t.norm("pos", "head", "dHead"), t -> t.argmax("head"), t -> t.mean("dHead").mean("pos")).toList();
        for (int row = 0; row < 3; row++) {
            Tensor alone = all.unmasked().at("batch", row).slice("pos", padding[row], 3);
            for (Function<Tensor, Tensor> reduction : reductions) {
                Tensor expected = reduction.apply(alone), together = reduction.apply(all).at("batch", row);
                if (together.shape().indexOf("pos") >= 0) together = together.slice("pos", padding[row], 3);
                assertArrayEquals(floats(expected), floats(together), 1e-6f);
            }
        }
    }

    @Test void viewsKeepTheirPartOfTheMask() {
        Tensor x = padded();
        assertFalse(x.at("batch", 0).mask().isPresent());
        assertFalse(x.at("pos", -1).mask().isPresent());
        assertEquals(4, x.at("batch", 1).sum());
        assertEquals(8, x.slice("pos", 1, 3).at("batch", 2).sum());
        assertEquals(21, x.rename("pos", "dest").transpose("dest", "batch").sum());
        assertEquals(21, x.reshape(Shape.of("all", 9)).sum());
        assertEquals(21, x.reshape(Shape.of("batch", 3, "one", 1, "pos", 3)).sum());
        assertEquals(21, x.copy().sum());
        assertEquals(8, x.gather("batch", 2, 1).at("batch", 0).sum());
        assertEquals(9 + 8, x.gather("batch", 0, 2).sum());
    }

    @Test void theDiagonalKeepsTheMasksOfRowsAndColumns() {
        Tensor pattern = random(2, "dest", 3, "src", 3);
        Tensor columns = pattern.masked(Tensor.of(Shape.of("src", 3), 0, 1, 1));
        assertArrayEquals(new float[]{0, 1, 1}, floats(columns.diagonal(0).mask().orElseThrow()));
        assertArrayEquals(new float[]{0, 1}, floats(columns.diagonal(-1).mask().orElseThrow()));
        assertFalse(columns.diagonal(1).mask().isPresent());
        Tensor both = columns.masked(Tensor.of(Shape.of("dest", 3), 1, 1, 0));
        assertArrayEquals(new float[]{0, 1, 0}, floats(both.diagonal(0).mask().orElseThrow()));
        assertEquals(pattern.get(1, 1), both.diagonal(0).sum());
    }

    @Test void elementwiseOperationsCombineMasks() {
        Tensor x = padded();
        assertEquals(42, x.add(x).sum());
        assertEquals(21, x.mul(Tensor.of(Shape.of("pos", 3), 1, 1, 1)).sum());
        assertEquals(21, Tensor.of(Shape.of("pos", 3), 1, 1, 1).mul(x).sum());
        assertEquals(-21, x.neg().sum());
        Tensor first = x.masked(Tensor.of(Shape.of("pos", 3), 0, 0, 1));
        assertEquals(2 * (6 + 4 + 5), first.add(x).sum());
        assertEquals(3, x.gt(Tensor.scalar(3)).sum());
        Tensor one = Tensor.of(Shape.of("batch", 1, "pos", 3), 1, 2, 3)
                .masked(Tensor.of(Shape.of("batch", 1, "pos", 3), 0, 1, 1));
        assertEquals(3 * 5, one.mul(Tensor.of(Shape.of("batch", 3, "pos", 3), 1, 1, 1, 1, 1, 1, 1, 1, 1)).sum());
    }

    @Test void productsLeaveOutPaddingThatTheySumOver() {
        Tensor x = padded(), weights = Tensor.of(Shape.of("pos", 3), 10, 100, 1000);
        assertArrayEquals(new float[]{6210, 4000, 5300}, floats(x.dot(weights)));
        assertArrayEquals(new float[]{6210, 4000, 5300}, floats(x.matmul(weights.rename("pos", "src"))));
        assertFalse(x.dot(weights).mask().isPresent());
        Tensor vectors = random(5, "batch", 3, "pos", 3, "dModel", 4).masked(MASK);
        Tensor logits = vectors.matmul(random(6, "dModel", 4, "dVocab", 7));
        assertArrayEquals(floats(MASK), floats(logits.mask().orElseThrow()));
        Tensor nothing = Tensor.of(Shape.of("batch", 2, "pos", 1), 5, 6).masked(Tensor.of(Shape.of("batch", 2), 0, 1));
        Tensor sums = nothing.dot(Tensor.of(Shape.of("pos", 1), 2));
        assertArrayEquals(new float[]{0, 1}, floats(sums.mask().orElseThrow()));
        assertEquals(12, sums.sum());
    }

    @Test void operationsAlongAnAxisLeavePaddingOut() {
        Tensor x = padded(), soft = x.softmax("pos");
        assertArrayEquals(new float[]{1, 1, 1}, floats(soft.sum("pos")), 1e-6f);
        assertArrayEquals(new float[]{0, 0, 1}, floats(soft.at("batch", 1).unmasked()));
        assertArrayEquals(new float[]{0, 3, 8}, floats(x.cumsum("pos").at("batch", 2)));
        assertArrayEquals(new float[]{4, 0, 0, 3, 5, 0}, floats(x.sort("pos", false).slice("batch", 1, 3)));
        assertArrayEquals(new float[]{6, 2, 1, 4, 0, 0, 5, 3, 0}, floats(x.sort("pos", true)));
        assertEquals(21, x.sort("pos", true).sum());
        assertArrayEquals(new float[]{1, 2, 6, 99, 3, 5}, floats(x.unmasked().gather("batch", 0, 2)));
        Tensor ones = Tensor.of(Shape.of("pos", 3), 1, 1, 1);
        assertArrayEquals(new float[]{(float) (9 / Math.sqrt(41 * 3)), 1, (float) (8 / Math.sqrt(34 * 2))},
                floats(x.cosine(ones, "pos")), 1e-6f);
    }

    @Test void joinedTensorsKeepTheirMasks() {
        Tensor x = padded(), plain = Tensor.of(Shape.of("batch", 3, "pos", 3), 1, 1, 1, 1, 1, 1, 1, 1, 1);
        assertEquals(30, Tensor.stack("layer", List.of(x, plain)).sum());
        assertEquals(30, Tensor.concat("batch", List.of(plain, x)).sum());
        assertEquals(42, Tensor.concat("pos", List.of(x, x)).sum());
        assertFalse(Tensor.concat("pos", List.of(plain, plain)).mask().isPresent());
    }

    @Test void topAndPrintingSkipPadding() {
        assertEquals(List.of(6f, 5f, 4f), padded().top(3).stream().map(Top::value).toList());
        assertEquals(6, padded().top(99).size());
        String text = padded().toString();
        assertTrue(text.startsWith("Tensor [batch 3, pos 3] f32  mean 3.5, std 1.871, min 1, max 6, 3 padding"), text);
    }

    @Test void filledTensorsCountEverywhere() {
        Tensor filled = padded().filled(-1);
        assertEquals(21 - 3, filled.sum());
        assertFalse(filled.mask().isPresent());
        assertEquals(6, padded().counts().sum());
        UsageException error =
                assertThrows(UsageException.class, () -> padded().masked(Tensor.of(Shape.of("pos", 2), 1, 0)));
        assertEquals("masked: [pos 2] is no mask of [batch 3, pos 3]: its axes must be among the tensor's, of the same "
                + "size", error.getMessage());
    }
}
