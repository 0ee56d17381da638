package org.tornadolens.backend.cpu.product;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadolens.backend.cpu.Samples;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

class ColdProductTest {

    private final Random random = new Random(3);

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16",
            "BF16"}) void plainLoopsGiveTheVectorKernelsNumbersBitForBit(DType type) {
        for (int k : new int[]{1, 7, 16, 31, 128, 515, 2049}) {
            for (int m : new int[]{1, 2, 5, 12, 20}) {
                same(Samples.random(random, (long) m * k), m, Samples.weight(random, type, 9, k), k);
                same(Samples.random(random, (long) m * k), m,
                        Samples.weight(random, type, 8, k, new RowOrder.Interleaved(4)), k);
            }
        }
    }

    /**
     * Every half-precision number, including subnormals, infinities and NaN, with one activation row and with several.
     */
    @Test void anyHalf() {
        int k = 1024;
        Weight weight = Samples.weight(random, DType.F16, 64, k);
        for (int i = 0; i < 1 << 16; i++) weight.data().set(Memory.SHORT, 2L * i, (short) i);
        for (int m : new int[]{1, 3}) same(Samples.random(random, (long) m * k), m, weight, k);
    }

    @Test void aProcessDoesOnlyItsFirstProductsThisWay() {
        WeightSlice[] parts =
                {new WeightSlice(WeightRows.of(Samples.weight(random, DType.F32, 1024, 16)), 0, 1024, 0, 1024, false)};
        for (int i = 0; i < 1024; i++) ColdProduct.takes(1, parts, 16 * 1024);
        assertFalse(ColdProduct.takes(1, parts, 16));
    }

    private static void same(MemorySegment x, int m, Weight weight, int k) {
        int n = weight.rows();
        MemorySegment plain = Samples.memory((long) m * n), vectors = Samples.memory((long) m * n);
        ColdProduct.multiply(x.address(), k, m,
                new WeightSlice[]{new WeightSlice(WeightRows.of(weight), 0, n, plain.address(), n, false)},
                0, k);
        MatrixProduct.multiplyCompiled(x.address(), k, m,
                new WeightSlice[]{new WeightSlice(WeightRows.of(weight), 0, n, vectors.address(), n, false)},
                0, k);
        for (int i = 0; i < m * n; i++) {
            float expected = Samples.get(vectors, i), actual = Samples.get(plain, i);
            assertEquals(Float.floatToIntBits(expected), Float.floatToIntBits(actual),
                    () -> weight.name() + " m " + m + " k " + k + ": " + actual + " not " + expected);
        }
    }
}
