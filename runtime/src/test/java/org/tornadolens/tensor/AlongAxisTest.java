package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadolens.tensor.TensorsForTests.random;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.tornadolens.UsageException;

class AlongAxisTest {

    private static final Tensor T = Tensor.of(Shape.of("layer", 2, "head", 3), 3, 1, 2, -4, 6, 5);

    private static void refuses(String message, Executable wrong) {
        assertEquals(message, assertThrows(UsageException.class, wrong).getMessage());
    }

    private static float[] floats(Tensor tensor) {
        return (float[]) tensor.reshape(Shape.of("all", (int) tensor.elements())).toArray();
    }

    @Test void functionsOfEachElement() {
        Tensor x = Tensor.of(Shape.of("pos", 4), -2, 0, 0.25f, 9);
        assertArrayEquals(new float[]{Float.NaN, 0, 0.5f, 3}, floats(x.sqrt()));
        assertArrayEquals(new float[]{2, -0f, -0.25f, -9}, floats(x.neg()));
        assertArrayEquals(new float[]{0, 0, 0.25f, 9}, floats(x.relu()));
        assertArrayEquals(new float[]{0.11920292f, 0.5f, 0.5621765f, 0.9998766f}, floats(x.sigmoid()), 1e-7f);
        assertArrayEquals(new float[]{-1, 0, 0.25f, 1}, floats(x.clip(-1, 1)));
        assertArrayEquals(new float[]{4, 0, 0.0625f, 81}, floats(x.pow(Tensor.scalar(2))));
        assertArrayEquals(new float[]{0, 0, 1, 1}, floats(x.gt(Tensor.scalar(0))));
        assertArrayEquals(new float[]{0, 1, 1, 1}, floats(x.ge(Tensor.scalar(0))));
        assertArrayEquals(new float[]{1, 0, 0, 0}, floats(x.lt(Tensor.scalar(0))));
        assertArrayEquals(new float[]{1, 1, 0, 0}, floats(x.le(Tensor.scalar(0))));
        assertArrayEquals(new float[]{0, 1, 0, 0}, floats(x.eq(Tensor.scalar(0))));
        assertArrayEquals(new float[]{0, 0, 0}, floats(Tensor.of(Shape.of("pos", 3), Float.NaN, Float.NaN, Float.NaN)
                .ge(Tensor.scalar(Float.NaN))));
        refuses("clip from 1.0 to -1.0: the minimum is the greater", () -> x.clip(1, -1));
        refuses("clip from NaN to 1.0: the minimum is the greater", () -> x.clip(Double.NaN, 1));
    }

    @Test void tensorsOfWhichEachHasAnAxisOfItsOwnAreRefused() {
        Tensor stream = random(1, "dModel", 4), loaded = random(2, "axis0", 4), other = random(3, "axis0", 5);
        refuses("mul of [dModel 4] and [axis0 4]: each has an axis that the other lacks (dModel and axis0); if they "
                + "are "
                + "the same, rename one, as in .rename({ axis0: \"dModel\" }); for products over all axes, use "
                + ".outer(other)", () -> stream.mul(loaded));
        refuses("add of [dModel 4] and [axis0 5]: each has an axis that the other lacks (dModel and axis0); rename the "
                + "axes that are the same with .rename(…); for products over all axes, use .outer(other)",
                () -> stream.add(other));
        Tensor outer = stream.outer(loaded),
                shared = random(4, "pos", 2, "dModel", 4).outer(random(5, "head", 3, "dModel", 4));
        assertEquals(stream.get(1) * loaded.get(3), outer.get(1, 3));
        assertEquals("[pos 2, dModel 4, head 3]", shared.shape().toString());
    }

    @Test void sumsUpToEachIndex() {
        assertArrayEquals(new float[]{3, 4, 6, -4, 2, 7}, floats(T.cumsum("head")));
        assertArrayEquals(new float[]{3, 1, 2, -1, 7, 7}, floats(T.cumsum("layer")));
        refuses("no axis \"heads\" in [layer 2, head 3]; nearest: head", () -> T.cumsum("heads"));
    }

    @Test void sortsAlongAnAxis() {
        assertArrayEquals(new float[]{1, 2, 3, -4, 5, 6}, floats(T.sort("head", false)));
        assertArrayEquals(new float[]{3, 6, 5, -4, 1, 2}, floats(T.sort("layer", true)));
        Tensor missing = Tensor.of(Shape.of("pos", 4), 2, Float.NaN, 3, 1);
        assertArrayEquals(new float[]{1, 2, 3, Float.NaN}, floats(missing.sort("pos", false)));
        assertArrayEquals(new float[]{3, 2, 1, Float.NaN}, floats(missing.sort("pos", true)));
    }

    @Test void cosines() {
        Tensor a = Tensor.of(Shape.of("pos", 3, "dModel", 2), 1, 0, 3, 4, 0, 0),
                b = Tensor.of(Shape.of("dModel", 2), 2, 0);
        assertArrayEquals(new float[]{1, 0.6f, 0}, floats(a.cosine(b, "dModel")), 1e-7f);
        assertArrayEquals(new float[]{1, 0.6f, 0}, floats(b.cosine(a, "dModel")), 1e-7f);
        refuses("no axis \"pos\" in [dModel 2]; nearest: dModel", () -> a.cosine(b, "pos"));
    }

    @Test void joinsAndPicks() {
        Tensor one = Tensor.of(Shape.of("head", 1, "layer", 2), 7, 8);
        assertArrayEquals(new float[]{3, 1, 2, 7, -4, 6, 5, 8}, floats(Tensor.concat("head", List.of(T, one))));
        assertEquals("[layer 2, head 4]", Tensor.concat("head", List.of(T, one)).shape().toString());
        assertArrayEquals(new float[]{2, 3, 2, 5, -4, 5}, floats(T.gather("head", -1, 0, 2)));
        assertEquals("[row 2, layer 2, head 3]", Tensor.stack("row", List.of(T, T)).shape().toString());
        refuses("concat along head: [layer 2, head 3] and [layer 3, head 3] differ in other axes than this one",
                () -> Tensor.concat("head", List.of(T, random(1, "layer", 3, "head", 3))));
        refuses("no axis \"pos\" in [layer 2, head 3]; nearest: head", () -> Tensor.concat("pos", List.of(T, T)));
        refuses("concat of no tensors", () -> Tensor.concat("pos", List.of()));
        refuses("stack of no tensors", () -> Tensor.stack("pos", List.of()));
        refuses("stack along head: [layer 2, head 3] has this axis; use concat, or a new name",
                () -> Tensor.stack("head", List.of(T, T)));
        refuses("gather of no indices of head", () -> T.gather("head"));
        refuses("head 3 is outside head's 3 (0 to 2, or -1 to -3 from the end)", () -> T.gather("head", 0, 3));
    }

    @Test void einsumSumsOverTheAxesThatTheResultLacks() {
        Tensor x = random(1, "batch", 2, "pos", 3, "dModel", 4), w = random(2, "dModel", 4, "dVocab", 5),
                v = random(3, "pos", 3);
        assertArrayEquals(floats(x.matmul(w)), floats(
                Tensor.einsum("batch pos dModel, dModel dVocab -> batch pos dVocab", List.of(x, w))), 1e-6f);
        Tensor all = Tensor.einsum("pos, batch pos dModel, dVocab dModel -> dVocab batch",
                List.of(v, x, w.transpose()));
        double expected = 0;
        for (int p = 0; p < 3; p++)
            for (int d = 0; d < 4; d++) expected += v.get(p) * x.get(1, p, d) * w.get(d, 4);
        assertEquals("[dVocab 5, batch 2]", all.shape().toString());
        assertEquals(expected, all.get(4, 1), 1e-5);
        assertEquals(x.sum(), Tensor.einsum("batch pos dModel ->", List.of(x)).item(), 1e-5);
        assertArrayEquals(floats(x.sum("pos").transpose()),
                floats(Tensor.einsum("batch pos dModel -> dModel batch", List.of(x))), 1e-6f);
        assertArrayEquals(floats(v.outer(random(4, "head", 2))),
                floats(Tensor.einsum("pos, head -> pos head", List.of(v, random(4, "head", 2)))), 1e-6f);
        assertArrayEquals(floats(v.mul(v)), floats(Tensor.einsum("pos, pos -> pos", List.of(v, v))), 1e-6f);
    }

    @Test void einsumNamesWhatIsWrong() {
        Tensor x = random(1, "pos", 3, "dModel", 4), w = random(2, "dModel", 5);
        refuses("einsum(\"pos dModel\"): write the axes of the tensors, ->, and the axes of the result, as in "
                + "\"batch pos "
                + "dModel, dModel dVocab -> batch pos dVocab\"", () -> Tensor.einsum("pos dModel", List.of(x)));
        refuses("einsum(\"pos dModel -> pos\") names the axes of 1 tensors, and 2 are given",
                () -> Tensor.einsum("pos dModel -> pos", List.of(x, w)));
        refuses("einsum(\"pos d -> pos\"): tensor 1 is [pos 3, dModel 4], not [pos, d]; rename its axes first, or name "
                + "them as they are", () -> Tensor.einsum("pos d -> pos", List.of(x)));
        refuses("einsum(\"pos dModel -> head\"): the result's axis \"head\" is in none of the tensors",
                () -> Tensor.einsum("pos dModel -> head", List.of(x)));
        refuses("einsum(\"pos dModel -> pos pos\"): the result names an axis twice",
                () -> Tensor.einsum("pos dModel -> pos pos", List.of(x)));
        refuses("einsum: dModel differs in [pos 3, dModel 4] and [dModel 5]",
                () -> Tensor.einsum("pos dModel, dModel -> pos", List.of(x, w)));
    }
}
