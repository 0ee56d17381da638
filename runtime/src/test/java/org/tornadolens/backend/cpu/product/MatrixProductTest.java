package org.tornadolens.backend.cpu.product;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.backend.cpu.Samples;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

class MatrixProductTest {

    private final Random random = new Random(7);

    @ParameterizedTest
    @EnumSource(DType.class) void everyTypeTimesAnyNumberOfActivationRows(DType type) {
        for (int m : new int[]{1, 2, 3, 5, 8, 11, 12, 13, 15, 16, 17, 31, 33, 64, 65}) {
            checkWindow(m, weight(type, 29, 512), 0, 29, 0, 512);
        }
    }

    @Test void sizesThatNothingDivides() {
        int[] sizes = {1, 2, 3, 5, 7, 11, 12, 13, 15, 16, 17, 31, 33, 47, 48, 49, 97, 255, 256, 257, 271};
        for (int m : new int[]{1, 2, 7, 12, 17, 50}) {
            for (int n : sizes) {
                int k = sizes[random.nextInt(sizes.length)];
                checkWindow(m, weight(DType.F32, n, k), 0, n, 0, k);
                checkWindow(m, weight(DType.F16, n, k), 0, n, 0, k);
                checkWindow(m, weight(DType.BF16, n, k), 0, n, 0, k);
            }
        }
    }

    @Test void longRowsAndManyActivationRows() {
        for (int m : new int[]{1, 3, 14}) checkWindow(m, weight(DType.F16, 6, 4999), 0, 6, 0, 4999);
        checkWindow(2, weight(DType.Q4_K, 5, 4352), 0, 5, 0, 4352);
        checkWindow(1100, weight(DType.F32, 25, 37), 0, 25, 0, 37);
        checkWindow(70, weight(DType.F32, 3, 70_001), 0, 3, 0, 70_001);   // fewer rows are packed at a time
        checkWindow(65, weight(DType.F32, 1201, 19), 0, 1201, 0, 19);
    }

    @ParameterizedTest
    @EnumSource(DType.class) void aWindowMayBeginAndEndWithinABlock(DType type) {
        Weight weight = weight(type, 40, 768);
        for (int m : new int[]{1, 4, 20}) {
            checkWindow(m, weight, 3, 21, 0, 768);
            checkWindow(m, weight, 0, 40, 192, 64);
            checkWindow(m, weight, 7, 9, 250, 13);
            checkWindow(m, weight, 39, 1, 17, 700);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class) void rowsComeInCanonicalOrder(DType type) {
        Weight weight = Samples.weight(random, type, 48, 256, new RowOrder.Interleaved(24));
        for (int m : new int[]{1, 4, 20}) {
            checkWindow(m, weight, 0, 48, 0, 256);
            checkWindow(m, weight, 24, 24, 0, 256);
        }
    }

    @Test void nothingOutsideTheOutputIsWritten() {
        for (int m : new int[]{1, 5, 33}) {
            int n = 13, k = 40, stride = 20;
            MemorySegment out = Samples.memory((long) (m + 2) * stride);
            for (long i = 0; i < (long) (m + 2) * stride; i++) Samples.set(out, i, 42);
            MatrixProduct.multiply(Samples.random(random, (long) m * k), k, m, weight(DType.F32, n, k), 0, n, 0, k,
                    out.asSlice(4 * stride), stride);
            for (int i = -1; i <= m; i++) {
                for (int r = 0; r < stride; r++) {
                    boolean inside = i >= 0 && i < m && r < n;
                    if (!inside)
                        assertEquals(42, Samples.get(out, (long) (i + 1) * stride + r), "row " + i + ", column " + r);
                }
            }
        }
    }

    @Test void anInfiniteWeightSpoilsItsOwnOutputOnly() {
        for (int m : new int[]{1, 4, 20}) {
            float[] values = new float[13 * 24];
            values[5 * 24 + 3] = Float.POSITIVE_INFINITY;
            MemorySegment out = Samples.memory(m * 13L);
            MemorySegment x = Samples.random(random, m * 24L);
            MatrixProduct.multiply(x, m, Weight.of("w", 13, 24, values), out);
            for (int i = 0; i < m; i++) {
                float infinity = Samples.get(x, i * 24L + 3) > 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
                for (int r = 0; r < 13; r++) assertEquals(r == 5 ? infinity : 0, Samples.get(out, i * 13L + r));
            }
        }
    }

    @Test void severalWeightsAtOnceAreAsOneByOne() {
        for (List<DType> types : List.of(List.of(DType.F32, DType.F32, DType.F32), List.of(DType.F16, DType.F16),
                List.of(DType.Q4_K, DType.F32, DType.Q8_0))) {
            for (int m : new int[]{1, 3, 7, 16, 20, 40}) {
                MemorySegment x = Samples.random(random, m * 512L);
                List<Weight> weights =
                        IntStream.range(0, types.size()).mapToObj(i -> weight(types.get(i), 5 + 110 * i, 512)).toList();
                List<MemorySegment> together = weights.stream().map(w -> Samples.memory((long) m * w.rows())).toList();
                MatrixProduct.multiply(Activations.rows(x), m, weights,
                        together.stream().map(Activations::rows).toList());
                for (int i = 0; i < weights.size(); i++) {
                    Weight w = weights.get(i);
                    MemorySegment alone = Samples.memory((long) m * w.rows());
                    MatrixProduct.multiply(x, m, w, alone);
                    for (long j = 0; j < (long) m * w.rows(); j++) {
                        assertEquals(Samples.get(alone, j), Samples.get(together.get(i), j), 1e-3f,
                                w.name() + " m=" + m + " at " + j);
                    }
                }
            }
        }
    }

    @Test void everyHalfIsReadExactly() {
        int columns = 32;
        MemorySegment halves = Samples.memory(65536L * columns / 2);
        for (int bits = 0; bits < 65536; bits++)
            halves.set(ValueLayout.JAVA_SHORT, 2L * (bits * columns + bits % columns), (short) bits);
        Weight weight = new Weight("halves", DType.F16, 65536, columns, halves);
        MemorySegment x = Samples.memory(columns), out = Samples.memory(65536);
        for (int c = 0; c < columns; c++) Samples.set(x, c, 1);
        MatrixProduct.multiply(x, 1, weight, out);
        for (int bits = 0; bits < 65536; bits++)
            assertEquals(Float.float16ToFloat((short) bits) + 0f, Samples.get(out, bits), "half " + bits);
    }

    @Test void aWindowOutsideTheWeightOrMemoryTooSmallIsRefused() {
        Weight weight = weight(DType.F32, 4, 8);
        MemorySegment x = Samples.memory(8), out = Samples.memory(4);
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> MatrixProduct.multiply(x, 8, 1, weight, 1, 4, 0, 8, out, 4))
                .getMessage().contains("no window of a F32 weight, 4×8"));
        assertThrows(IllegalArgumentException.class, () -> MatrixProduct.multiply(x, 2, weight, out));
        assertThrows(IllegalArgumentException.class,
                () -> MatrixProduct.multiply(MemorySegment.ofArray(new float[8]), 1, weight, out));
    }

    private Weight weight(DType type, int rows, int columns) { return Samples.weight(random, type, rows, columns); }

    private void checkWindow(int m, Weight weight, int rowFrom, int rows, int columnFrom, int columns) {
        long xStride = columns + 3, outStride = rows + 5;
        MemorySegment x = Samples.random(random, m * xStride), out = Samples.memory(m * outStride);
        MatrixProduct.multiply(x, xStride, m, weight, rowFrom, rows, columnFrom, columns, out, outStride);
        float[] row = new float[weight.columns()];
        for (int r = 0; r < rows; r++) {
            weight.row(rowFrom + r, row);
            for (int i = 0; i < m; i++) {
                double sum = 0, magnitude = 0;
                for (int c = 0; c < columns; c++) {
                    double term = (double) Samples.get(x, i * xStride + c) * row[columnFrom + c];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                Samples.check(
                        weight.type() + " m=" + m + " window " + rowFrom + "+" + rows + ", " + columnFrom + "+"
                                + columns + " at [" + i + ", " + r + "]",
                        new Samples.Expected(sum, magnitude), Samples.get(out, i * outStride + r));
            }
        }
    }

    /** A window without whole tiles is copied before it is multiplied; one of whole tiles is not. */
    @ParameterizedTest
    @ValueSource(ints = {13, 16, 17, 33, 64, 100}) void weightsReadWhereTheyLieGiveTheSameAsCopies(int m) {
        // the first is too large for the plain loops of a young process, and ends them
        for (int k : new int[]{1500, 300, 40}) for (int rows : new int[]{2048, 24}) {
            Weight w = Samples.weight(random, DType.F32, rows, k);
            MemorySegment x = Samples.random(random, (long) m * k), inPlace = Samples.memory((long) m * rows),
                    copied = Samples.memory((long) m * rows);
            MatrixProduct.multiply(x, k, m, w, 0, rows, 0, k, inPlace, rows);
            for (int r = 0; r < rows; r += 7)
                MatrixProduct.multiply(x, k, m, w, r, Math.min(7, rows - r), 0, k, copied.asSlice(4L * r), rows);
            for (long i = 0; i < (long) m * rows; i++)
                assertEquals(Samples.get(inPlace, i), Samples.get(copied, i),
                        m + " × " + k + " × " + rows + " at " + i);
        }
    }
}
