package org.tornadolens.backend.cpu.pointwise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.backend.cpu.Samples;
import org.tornadolens.backend.cpu.attention.Rotation;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

class RowKernelsTest {

    private static final float INFINITY = Float.POSITIVE_INFINITY;

    private final Random random = new Random(3);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 16, 31, 33, 64, 257, 5000}) void rmsNormIsItsSteps(int d) {
        int n = 9;
        MemorySegment x = Samples.random(random, (long) n * d), scale = Samples.memory(n),
                normalized = Samples.memory((long) n * d);
        MemorySegment stepped = Samples.memory((long) n * d), fused = Samples.memory((long) n * d);
        Weight gain = Samples.weight(random, DType.F16, 1, d);
        Norm.scale(x, n, d, 1e-5f, scale);
        Norm.normalize(x, scale, n, d, normalized);
        Norm.gain(normalized, gain, n, d, stepped);
        Norm.rms(x, gain, 1e-5f, n, d, fused);
        for (int i = 0; i < n; i++) {
            double squares = 0;
            for (int c = 0; c < d; c++) squares += Math.pow(Samples.get(x, (long) i * d + c), 2);
            double expectedScale = Math.sqrt(squares / d + 1e-5);
            near(expectedScale, Samples.get(scale, i));
            for (int c = 0; c < d; c++) {
                double value = Samples.get(x, (long) i * d + c) / expectedScale;
                near(value, Samples.get(normalized, (long) i * d + c));
                near(value * gain.get(0, c), Samples.get(stepped, (long) i * d + c));
                near(value * gain.get(0, c), Samples.get(fused, (long) i * d + c));
            }
        }
        Norm.rms(x, gain, 1e-5f, n, d, x);
        sameBits(fused, x, (long) n * d);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 16, 30, 64, 128}) void rotaryTurnsPairsByTheirPositionsAngle(int dHead) {
        int batch = 2, pos = 5, heads = 3, half = dHead / 2;
        int[] first = {4, -2};
        MemorySegment x = Samples.random(random, (long) batch * pos * heads * dHead),
                out = Samples.memory((long) batch * pos * heads * dHead);
        MemorySegment cos = Samples.random(random, 9L * half), sin = Samples.random(random, 9L * half);
        Rotation.rotate(x, batch, pos, heads, dHead, first, cos, sin, out);
        for (int b = 0; b < batch; b++)
            for (int p = 0; p < pos; p++) for (int h = 0; h < heads; h++) for (int i = 0; i < half; i++) {
                long at = (((long) b * pos + p) * heads + h) * dHead + i;
                long angle = (long) Math.max(0, first[b] + p) * half + i;
                double u = Samples.get(x, at), w = Samples.get(x, at + half), c = Samples.get(cos, angle),
                        s = Samples.get(sin, angle);
                assertEquals(u * c - w * s, Samples.get(out, at), 1e-5);
                assertEquals(w * c + u * s, Samples.get(out, at + half), 1e-5);
            }
        Rotation.rotate(x, batch, pos, heads, dHead, first, cos, sin, x);
        sameBits(out, x, (long) batch * pos * heads * dHead);
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> Rotation.rotate(x, batch, pos, heads, dHead, new int[]{5, 0}, cos, sin, out)).getMessage()
                .contains("position 9"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 4096, 4097, 70_001}) void sumAndSwigluOfAnyLength(int n) {
        MemorySegment a = Samples.random(random, n), b = Samples.random(random, n), out = Samples.memory(n);
        Elementwise.add(a, b, n, out);
        for (int i = 0; i < n; i++) assertEquals(Samples.get(a, i) + Samples.get(b, i), Samples.get(out, i));
        Elementwise.swiglu(a, b, n, out);
        for (int i = 0; i < n; i++) {
            double x = Samples.get(a, i);
            near(x / (1 + Math.exp(-x)) * Samples.get(b, i), Samples.get(out, i));
        }
        Elementwise.swiglu(a, b, n, a);
        sameBits(out, a, n);
    }

    @Test void swigluOfExtremeGates() {
        MemorySegment gate = Samples.of(INFINITY, 1e30f, 100, -80, -100, -1e30f, 0, Float.NaN),
                ones = Samples.of(1, 1, 1, 1, 1, 1, 1, 1);
        MemorySegment out = Samples.memory(8);
        Elementwise.swiglu(gate, ones, 8, out);
        float[] expected = {INFINITY, 1e30f, 100, (float) (-80 * Math.exp(-80)), 0, 0, 0, Float.NaN};
        for (int i = 0; i < 8; i++) assertEquals(expected[i], Samples.get(out, i), 1e-38f);
    }

    @Test void theExponentialIsWithinTwoUnitsInTheLastPlace() {
        int n = 200_000;
        MemorySegment x = Samples.memory(n);
        for (int i = 0; i < n; i++) Samples.set(x, i, -86.9f + 175 * random.nextFloat());
        double worst = 0;
        float[] lanes = new float[Memory.LANES];
        for (int i = 0; i + Memory.LANES <= n; i += Memory.LANES) {
            Memory.load(x.address() + 4L * i, Memory.LANES, lanes, 0);
            Exponential.exp(jdk.incubator.vector.FloatVector.fromArray(Memory.F, lanes, 0)).intoArray(lanes, 0);
            for (int l = 0; l < lanes.length; l++) {
                double exact = Math.exp(Samples.get(x, i + l));
                worst = Math.max(worst, Math.abs(lanes[l] - exact) / Math.ulp((float) exact));
            }
        }
        assertTrue(worst < 2, worst + " units in the last place");
    }

    @Test void theExponentialHasZeroInfinityAndNaNWhereTheyBelong() {
        float[] x = {-INFINITY, -1e30f, -88, 0, -0f, 89, 1e30f, INFINITY, Float.NaN, Float.intBitsToFloat(-1)};
        float[] e = {0, 0, 0, 1, 1, INFINITY, INFINITY, INFINITY, Float.NaN, Float.NaN};
        for (int i = 0; i < x.length; i++) {
            assertEquals(e[i], Exponential.exp(jdk.incubator.vector.FloatVector.broadcast(Memory.F, x[i])).lane(0),
                    "e^" + x[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 100, 32_000}) void softmaxAndLogProbabilityAgreeWithDoublePrecision(int d) {
        int n = 5;
        MemorySegment x = Samples.random(random, (long) n * d), out = Samples.memory((long) n * d),
                log = Samples.memory(n);
        for (long i = 0; i < (long) n * d; i++) Samples.set(x, i, 10 * Samples.get(x, i) + 300);
        RowReductions.softmax(x, n, d, out);
        int[] tokens = new int[n];
        for (int i = 0; i < n; i++) tokens[i] = random.nextInt(d);
        RowReductions.logProbability(x, n, d, tokens, log);
        for (int i = 0; i < n; i++) {
            double largest = Double.NEGATIVE_INFINITY, total = 0;
            for (int c = 0; c < d; c++) largest = Math.max(largest, Samples.get(x, (long) i * d + c));
            for (int c = 0; c < d; c++) total += Math.exp(Samples.get(x, (long) i * d + c) - largest);
            for (int c = 0; c < d; c++)
                near(Math.exp(Samples.get(x, (long) i * d + c) - largest) / total, Samples.get(out, (long) i * d + c));
            assertEquals(Samples.get(x, (long) i * d + tokens[i]) - largest - Math.log(total), Samples.get(log, i),
                    2e-5);
        }
        RowReductions.softmax(x, n, d, x);
        sameBits(out, x, (long) n * d);
    }

    @Test void softmaxOfInfinitiesAndNaN() {
        for (int d : new int[]{3, 40}) {
            MemorySegment x = Samples.memory(4L * d);
            for (int c = 0; c < d; c++) Samples.set(x, d + c, -INFINITY);
            for (int row : new int[]{0, 2, 3})
                for (int c = 0; c < d; c++) Samples.set(x, (long) row * d + c, c == 1 ? -INFINITY : 5);
            Samples.set(x, 2L * d + d - 1, Float.NaN);
            Samples.set(x, 3L * d, INFINITY);
            RowReductions.softmax(x, 4, d, x);
            assertEquals(0, Samples.get(x, 1), "a masked entry is exactly zero");
            assertEquals(1f / (d - 1), Samples.get(x, 0), 1e-6);
            for (int c = 0; c < d; c++) assertEquals(0, Samples.get(x, d + c), "a row of masked entries is zero");
            for (int c = 0; c < 2 * d; c++) assertEquals(Float.NaN, Samples.get(x, 2L * d + c));
        }
    }

    @Test void argmaxIsTheFirstOfTheLargest() {
        for (int d : new int[]{1, 5, 16, 100, 1001}) {
            int n = 7;
            MemorySegment x = Samples.random(random, (long) n * d);
            int[] expected = new int[n];
            for (int i = 0; i < n; i++) {
                int a = random.nextInt(d), b = random.nextInt(d);
                Samples.set(x, (long) i * d + a, 1000);
                Samples.set(x, (long) i * d + b, 1000);
                expected[i] = Math.min(a, b);
            }
            Samples.set(x, expected[3] + 3L * d, Float.NaN);
            assertArrayEquals(expected, RowReductions.argmax(x, n, d));
        }
        assertArrayEquals(new int[]{0}, RowReductions.argmax(Samples.of(-INFINITY, -INFINITY), 1, 2));
    }

    @ParameterizedTest
    @EnumSource(DType.class) void embeddingReadsRowsOfEveryType(DType type) {
        Weight table = Samples.weight(random, type, 11, 512);
        int[] tokens = {10, 0, 3, 3};
        MemorySegment out = Samples.memory(4 * 512);
        Elementwise.embed(tokens, table, out);
        for (int i = 0; i < 4; i++)
            for (int c = 0; c < 512; c++) near(table.get(tokens[i], c), Samples.get(out, i * 512 + c));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Elementwise.embed(new int[]{11}, table, out))
                .getMessage().startsWith("token 11 is not in"));
    }

    @Test void gatherAndCopy() {
        MemorySegment x = Samples.random(random, 5 * 7), out = Samples.memory(3 * 7), same = Samples.memory(35);
        Elementwise.gather(x, 5, new int[]{4, 0, 4}, 7, out);
        for (int c = 0; c < 7; c++) {
            assertEquals(Samples.get(x, 28 + c), Samples.get(out, c));
            assertEquals(Samples.get(x, c), Samples.get(out, 7 + c));
            assertEquals(Samples.get(x, 28 + c), Samples.get(out, 14 + c));
        }
        Elementwise.copy(x, 35, same);
        sameBits(x, same, 35);
        assertThrows(IndexOutOfBoundsException.class, () -> Elementwise.gather(x, 5, new int[]{5, 0, 4}, 7, out));
    }

    private static void near(double expected, float actual) {
        assertEquals(expected, actual, 3e-6 * Math.abs(expected) + 1e-37, () -> actual + " instead of " + expected);
    }

    private static void sameBits(MemorySegment expected, MemorySegment actual, long n) {
        assertEquals(-1, expected.asSlice(0, 4 * n).mismatch(actual.asSlice(0, 4 * n)));
    }
}
