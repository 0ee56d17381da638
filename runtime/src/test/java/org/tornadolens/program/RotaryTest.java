package org.tornadolens.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RotaryTest {

    private static final int D_HEAD = 8, CONTEXT = 16;
    private static final Rotary PLAIN = Rotary.plain(
            IntStream.range(0, D_HEAD / 2).mapToObj(i -> Math.pow(10000, -2.0 * i / D_HEAD)).toList(), CONTEXT);
    private static final Rotary DYNAMIC = PLAIN.following(new Rotary.Dynamic(10000, 2, CONTEXT));

    @Test void runsWithinTheContextHaveThePlainFrequencies() {
        for (int length : new int[]{1, CONTEXT - 1, CONTEXT}) {
            assertEquals(PLAIN.frequencies(), DYNAMIC.frequencies(length));
        }
        assertEquals(PLAIN.frequencies(), PLAIN.frequencies(100 * CONTEXT));
    }

    /** Compares with {@code _compute_dynamic_ntk_parameters} of transformers 5.24, in single precision. */
    @Test void longerRunsTurnAsHuggingFacesDo() {
        assertFrequencies(CONTEXT + 1, 1, 0.0961499735713005, 0.009244817309081554, 0.0008888888987712562);
        assertFrequencies(2 * CONTEXT, 1, 0.06933612376451492, 0.0048074983060359955, 0.00033333332976326346);
    }

    private static void assertFrequencies(int length, double... expected) {
        double[] actual = DYNAMIC.frequencies(length).stream().mapToDouble(Double::doubleValue).toArray();
        assertArrayEquals(expected, actual, 1e-8);
    }
}
