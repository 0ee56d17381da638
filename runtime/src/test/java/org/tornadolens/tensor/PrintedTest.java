package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrintedTest {

    @Test void aMatrixPrintsItsEdgesInColumns() {
        Tensor scores = Tensor.of(Shape.of("layer", 2, "head", 3), 0.5f, 1234.5678f, -1, 0, 2e-7f, 1);
        assertEquals("""
                Tensor [layer 2, head 3] f32  mean 205.8, std 504, min -1, max 1235
                  0.5       1235  -1
                    0  2.000e-07   1""", scores.toString());
    }

    @Test void longAxesAreCutInTheMiddle() {
        Tensor counting = Tensor.zeros(Shape.of("pos", 20));
        for (int i = 0; i < 20; i++) counting.set(i, i);
        assertEquals("""
                Tensor [pos 20] f32  mean 9.5, std 5.916, min 0, max 19
                  0  1  2  …  17  18  19""", counting.toString());
        Tensor deep = counting.reshape(Shape.of("batch", 2, "pos", 2, "dHead", 5));
        assertEquals("""
                Tensor [batch 2, pos 2, dHead 5] f32  mean 9.5, std 5.916, min 0, max 19
                  0  1  2  …  17  18  19""", deep.toString());
        assertEquals(9, Tensor.zeros(Shape.of("a", 100, "b", 9)).toString().lines().count() + 1);
    }

    @Test void masksAndGapsAreCountedNotAveraged() {
        Tensor scores = Tensor.of(Shape.of("src", 4), 1, Float.NEGATIVE_INFINITY, 3, Float.NaN);
        assertEquals("""
                Tensor [src 4] f32  mean 2, std 1.414, min 1, max 3, 1 NaN, 1 infinite
                  1  -inf  3  NaN""", scores.toString());
        assertEquals("Tensor [] f32\n  0.25", Tensor.scalar(0.25f).toString());
        assertEquals("Tensor [pos 0] f32  no elements", Tensor.zeros(Shape.of("pos", 0)).toString());
    }
}
