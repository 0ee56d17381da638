package org.tornadolens.linalg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/** Compares the facade with plain loops in double precision. */
class LinearAlgebraTest {

    private final Random random = new Random(3);

    private MemorySegment floats(int n) {
        MemorySegment memory = Arena.ofAuto().allocate(4L * n, 64);
        for (int i = 0; i < n; i++) set(memory, i, random.nextFloat() - 0.5f);
        return memory;
    }

    private static float get(MemorySegment memory, int i) { return memory.getAtIndex(ValueLayout.JAVA_FLOAT, i); }

    private static void set(MemorySegment memory, int i, float value) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }

    private static double dot(MemorySegment x, int xRow, MemorySegment w, int wRow, int columns) {
        double sum = 0;
        for (int c = 0; c < columns; c++) sum += (double) get(x, xRow * columns + c) * get(w, wRow * columns + c);
        return sum;
    }

    @Test void rowsMeetTheTransposeOfAWeight() {
        int m = 5, rows = 7, columns = 33;
        MemorySegment x = floats(m * columns), w = floats(rows * columns), out = floats(m * rows);
        Products.multiply(x, m, new Weight("w", DType.F32, rows, columns, w), out);
        for (int i = 0; i < m; i++) {
            for (int r = 0; r < rows; r++) assertEquals(dot(x, i, w, r, columns), get(out, i * rows + r), 1e-5);
        }
    }

    @Test void someRowsOfAWeightGiveTheirColumnsAndLeaveTheOthersAsTheyAre() {
        int m = 3, rows = 11, columns = 20, first = 4, count = 5, stride = 9;
        MemorySegment x = floats(m * columns), w = floats(rows * columns);
        MemorySegment out = floats(m * stride), before = floats(m * stride);
        before.copyFrom(out);
        Products.multiply(x, m, new Weight("w", DType.F32, rows, columns, w), first, count, out, stride);
        for (int i = 0; i < m; i++) {
            for (int r = 0; r < stride; r++) {
                double expected = r < count ? dot(x, i, w, first + r, columns) : get(before, i * stride + r);
                assertEquals(expected, get(out, i * stride + r), 1e-5);
            }
        }
    }

    @Test void rowsThatAWeightDoesNotHaveAreRefusedByName() {
        Weight w = new Weight("blocks.0.attn.W_Q", DType.F32, 4, 8, floats(32));
        MemorySegment x = floats(8), out = floats(2);
        Exception refused = assertThrows(IllegalArgumentException.class,
                () -> Products.multiply(x, 1, w, 3, 2, out, 2));
        assertTrue(refused.getMessage().contains("blocks.0.attn.W_Q"), refused.getMessage());
    }

    @Test void vectorsAreAddedAndSquaredElementByElement() {
        int n = 10_001;
        MemorySegment a = floats(n), b = floats(n), sum = floats(n);
        Vectors.add(a, b, n, sum);
        double squares = 0;
        for (int i = 0; i < n; i++) {
            assertEquals(get(a, i) + get(b, i), get(sum, i));
            squares += (double) get(sum, i) * get(sum, i);
        }
        assertEquals(squares, Vectors.sumOfSquares(sum, n), 1e-6 * squares);
        set(sum, n - 1, Float.NaN);
        assertTrue(Double.isNaN(Vectors.sumOfSquares(sum, n)));
    }

    @Test void aStepOfAdamWIsItsFormula() {
        int n = 37;
        MemorySegment w = floats(n), g = floats(n), m = floats(n), v = floats(n);
        double[] expected = new double[n];
        for (int i = 0; i < n; i++) {
            set(v, i, Math.abs(get(v, i)));
            double gradient = 0.5 * get(g, i);
            double mean = 0.9 * get(m, i) + 0.1 * gradient, square = 0.99 * get(v, i) + 0.01 * gradient * gradient;
            expected[i] = 0.999 * get(w, i) - 0.1 * mean / (Math.sqrt(square) * 2 + 1e-3);
        }
        new AdamWStep(0.5f, 0.9f, 0.99f, 0.999f, 0.1f, 2, 1e-3f).apply(w, g, m, v, n);
        for (int i = 0; i < n; i++) assertEquals(expected[i], get(w, i), 1e-6);
    }

    @Test void everyIterationOfALoopRunsOnce() {
        AtomicIntegerArray times = new AtomicIntegerArray(1000);
        Parallel.range(times.length(), 10, (from, to) -> IntStream.range(from, to).forEach(times::incrementAndGet));
        for (int i = 0; i < times.length(); i++) assertEquals(1, times.get(i));
    }
}
