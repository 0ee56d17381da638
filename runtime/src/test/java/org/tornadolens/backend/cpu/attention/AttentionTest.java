package org.tornadolens.backend.cpu.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.backend.cpu.Samples;

class AttentionTest {

    private final Random random = new Random(11);

    /** Sizes on both sides of every tile and block, with and without past, padding, shared heads, spare cache. */
    static List<AttentionSizes> sizes() {
        return List.of(
                new AttentionSizes(1, 1, 1, 1, 1, 1),
                new AttentionSizes(2, 3, 3, 2, 2, 4),
                new AttentionSizes(1, 7, 7, 3, 1, 10),
                new AttentionSizes(2, 1, 50, 4, 2, 16),
                new AttentionSizes(3, 1, 97, 2, 2, 64, 97 * 2 * 64 + 100, new int[]{0, 13, 96}),
                new AttentionSizes(2, 5, 21, 6, 2, 12, 40 * 2 * 12, new int[]{3, 0}),
                new AttentionSizes(2, 17, 17, 2, 1, 33, 17 * 33, new int[]{16, 5}),
                new AttentionSizes(1, 64, 64, 2, 2, 64),
                new AttentionSizes(1, 65, 95, 1, 1, 48),
                new AttentionSizes(1, 131, 131, 4, 1, 20),
                new AttentionSizes(1, 30, 227, 2, 1, 128),
                new AttentionSizes(2, 150, 200, 1, 1, 8, 200 * 8, new int[]{120, 0}),
                new AttentionSizes(1, 9, 9, 1, 1, 300),
                new AttentionSizes(2, 1, 50, 4, 2, 16, 50 * 32, new int[]{0, 45}, 9),
                new AttentionSizes(1, 4, 300, 4, 2, 16, 300 * 32, new int[1], 130),
                new AttentionSizes(2, 7, 12, 3, 1, 10, 12 * 10, new int[]{0, 9}, 1),
                new AttentionSizes(2, 131, 200, 2, 1, 20, 200 * 20, new int[]{0, 70}, 33),
                new AttentionSizes(1, 300, 300, 3, 1, 8, 300 * 8, new int[1], 20),
                new AttentionSizes(1, 450, 450, 2, 2, 64, 450 * 128, new int[1], 200),
                new AttentionSizes(1, 40, 40, 2, 2, 64, 40 * 128, new int[1], 40));
    }

    @ParameterizedTest
    @MethodSource("sizes") void scoresAreScaledInnerProductsAndMinusInfinityBehindTheMask(AttentionSizes s) {
        Input in = new Input(s);
        MemorySegment scores = Samples.memory(s.patternElements());
        Attention.scores(in.q, in.k, s, scores);
        for (int b = 0; b < s.batch(); b++)
            for (int h = 0; h < s.heads(); h++) for (int i = 0; i < s.pos(); i++) for (int j = 0; j < s.key(); j++) {
                float actual = Samples.get(scores, index(s, b, h, i, j));
                if (visible(s, b, i, j)) Samples.check(s + " at " + List.of(b, h, i, j), in.score(b, h, i, j), actual);
                else assertEquals(Float.NEGATIVE_INFINITY, actual, s + " at " + List.of(b, h, i, j));
            }
    }

    @ParameterizedTest
    @MethodSource("sizes") void mixAddsUpValuesByAnyPattern(AttentionSizes s) {
        Input in = new Input(s);
        MemorySegment pattern = Samples.random(random, s.patternElements()), z = Samples.memory(s.queryElements());
        Attention.mix(pattern, in.v, s, z);
        for (int b = 0; b < s.batch(); b++)
            for (int h = 0; h < s.heads(); h++) for (int i = 0; i < s.pos(); i++) for (int d = 0; d < s.dHead(); d++) {
                double sum = 0, magnitude = 0;
                for (int j = 0; j < s.key(); j++) {
                    double term = (double) Samples.get(pattern, index(s, b, h, i, j)) * in.value(b, h, j, d);
                    sum += term;
                    magnitude += Math.abs(term);
                }
                Samples.check(s + " at " + List.of(b, i, h, d), new Samples.Expected(sum, magnitude),
                        Samples.get(z, s.queryOffset(b, i, h) + d));
            }
    }

    @ParameterizedTest
    @MethodSource("sizes") void theFusedStepIsTheThreeStepsInDoublePrecision(AttentionSizes s) {
        Input in = new Input(s);
        MemorySegment z = Samples.memory(s.queryElements());
        FusedAttention.attend(in.q, in.k, in.v, s, z);
        for (int b = 0; b < s.batch(); b++) for (int h = 0; h < s.heads(); h++) for (int i = 0; i < s.pos(); i++) {
            double largest = Double.NEGATIVE_INFINITY, total = 0;
            double[] weight = new double[s.key()];
            for (int j = 0; j < s.key(); j++)
                if (visible(s, b, i, j)) largest = Math.max(largest, weight[j] = in.score(b, h, i, j).value());
            for (int j = 0; j < s.key(); j++)
                total += weight[j] = visible(s, b, i, j) ? Math.exp(weight[j] - largest) : 0;
            for (int d = 0; d < s.dHead(); d++) {
                double sum = 0, magnitude = 0;
                for (int j = 0; j < s.key(); j++) {
                    if (weight[j] == 0) continue;
                    double term = weight[j] / total * in.value(b, h, j, d);
                    sum += term;
                    magnitude += Math.abs(term);
                }
                Samples.check(s + " at " + List.of(b, i, h, d), new Samples.Expected(sum, magnitude),
                        Samples.get(z, s.queryOffset(b, i, h) + d));
            }
        }
    }

    @Test void theFusedStepStaysFiniteWhenScoresAreHuge() {
        AttentionSizes s = new AttentionSizes(1, 40, 40, 1, 1, 16);
        Input in = new Input(s);
        for (int i = 0; i < 40; i++) for (int d = 0; d < 16; d++) {
            Samples.set(in.q, i * 16 + d, d == 0 ? 1e30f : 0);
            Samples.set(in.k, i * 16 + d, d == 0 ? i * 7 % 40 : 0);   // all different, in no order
        }
        MemorySegment z = Samples.memory(s.queryElements());
        FusedAttention.attend(in.q, in.k, in.v, s, z);
        int strongest = 0;
        for (int i = 0; i < 40; i++) {
            if (i * 7 % 40 > strongest * 7 % 40) strongest = i;
            for (int d = 0; d < 16; d++) assertEquals(in.value(0, 0, strongest, d), Samples.get(z, i * 16 + d));
        }
    }

    @Test void paddedDestinationsGetAPatternAndAnOutputOfZeros() {
        AttentionSizes s = new AttentionSizes(1, 4, 4, 1, 1, 8, 32, new int[]{2});
        Input in = new Input(s);
        MemorySegment scores = Samples.memory(16), z = Samples.memory(32);
        Attention.scores(in.q, in.k, s, scores);
        Attention.softmax(scores, s, scores);
        FusedAttention.attend(in.q, in.k, in.v, s, z);
        for (int j = 0; j < 8; j++) assertEquals(0, Samples.get(scores, j));
        for (int d = 0; d < 16; d++) assertEquals(0, Samples.get(z, d));
        assertEquals(1, Samples.get(scores, 2 * 4 + 2));
        assertEquals(0, Samples.get(scores, 2 * 4 + 3));
    }

    @Test void keysOutsideEveryWindowAreNeverRead() {
        for (int pos : new int[]{1, 60}) {
            AttentionSizes s = new AttentionSizes(1, pos, 400, 2, 2, 16, 400 * 32, new int[1], 100);
            Input in = new Input(s);
            int outside = (400 - pos - 100) / 32 * 32;   // except keys of the tile in which a window begins
            for (int i = 0; i < outside * 32; i++) {
                Samples.set(in.k, i, Float.NaN);
                Samples.set(in.v, i, Float.NaN);
            }
            MemorySegment z = Samples.memory(s.queryElements()), mixed = Samples.memory(s.queryElements());
            MemorySegment scores = Samples.memory(s.patternElements());
            FusedAttention.attend(in.q, in.k, in.v, s, z);
            Attention.scores(in.q, in.k, s, scores);
            Attention.softmax(scores, s, scores);
            Attention.mix(scores, in.v, s, mixed);
            for (long i = 0; i < s.queryElements(); i++) {
                assertEquals(Samples.get(z, i), Samples.get(mixed, i), 1e-5, s + " at " + i);
            }
        }
    }

    @Test void spareCacheIsNeverRead() {
        AttentionSizes s = new AttentionSizes(2, 3, 5, 2, 2, 16, 9 * 32, new int[2]);
        Input in = new Input(s);
        MemorySegment z = Samples.memory(s.queryElements()), scores = Samples.memory(s.patternElements());
        for (int i = 5 * 32; i < 9 * 32; i++) {
            Samples.set(in.k, i, Float.NaN);
            Samples.set(in.v, i, Float.NaN);
        }
        FusedAttention.attend(in.q, in.k, in.v, s, z);
        for (long i = 0; i < s.queryElements(); i++)
            assertEquals(Samples.get(z, i), Samples.get(z, i), "no NaN at " + i);
        Attention.scores(in.q, in.k, s, scores);
        Attention.softmax(scores, s, scores);
        MemorySegment mixed = Samples.memory(s.queryElements());
        Attention.mix(scores, in.v, s, mixed);
        for (long i = 0; i < s.queryElements(); i++) assertEquals(Samples.get(z, i), Samples.get(mixed, i), 1e-5);
    }

    @Test void impossibleSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new AttentionSizes(1, 4, 4, 6, 4, 8));
        assertThrows(IllegalArgumentException.class, () -> new AttentionSizes(1, 4, 3, 4, 4, 8));
        assertThrows(IllegalArgumentException.class, () -> new AttentionSizes(2, 4, 4, 4, 4, 8, 10, new int[2]));
        assertThrows(IllegalArgumentException.class, () -> new AttentionSizes(1, 4, 4, 4, 4, 8, 128, new int[1], 0));
        MemorySegment small = Samples.memory(4);
        assertThrows(IllegalArgumentException.class,
                () -> FusedAttention.attend(small, small, small, new AttentionSizes(1, 4, 4, 2, 2, 8), small));
    }

    private static boolean visible(AttentionSizes s, int b, int i, int j) {
        int before = s.past() + i - j;
        return j >= s.padding()[b] && before >= 0 && before < s.window();
    }

    private static long index(AttentionSizes s, int b, int h, int i, int j) {
        return (((long) b * s.heads() + h) * s.pos() + i) * s.key() + j;
    }

    private final class Input {
        final AttentionSizes sizes;
        final MemorySegment q, k, v;

        Input(AttentionSizes sizes) {
            this.sizes = sizes;
            q = Samples.random(random, sizes.queryElements());
            k = Samples.random(random, sizes.keyElements());
            v = Samples.random(random, sizes.keyElements());
        }

        double value(int b, int h, int j, int d) { return Samples.get(v, key(b, h, j) + d); }

        Samples.Expected score(int b, int h, int i, int j) {
            double sum = 0, magnitude = 0;
            for (int d = 0; d < sizes.dHead(); d++) {
                double term = (double) Samples.get(q, sizes.queryOffset(b, i, h) + d) * Samples.get(k, key(b, h, j) + d)
                        / Math.sqrt(sizes.dHead());
                sum += term;
                magnitude += Math.abs(term);
            }
            return new Samples.Expected(sum, magnitude);
        }

        private long key(int b, int h, int j) {
            return sizes.keyOffset(b, h / sizes.group()) + (long) j * sizes.kvHeads() * sizes.dHead();
        }
    }
}
