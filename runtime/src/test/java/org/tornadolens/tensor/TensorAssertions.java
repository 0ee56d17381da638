package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;

/** For suites of every backend. */
public final class TensorAssertions {

    private TensorAssertions() {}

    /**
     * The same shape, and the same numbers but for rounding; infinities and NaN at the same places.
     *
     * @param bound relative to the largest finite value, or to one where all are smaller
     */
    public static void assertClose(String what, Tensor expected, Tensor actual, double bound) {
        assertEquals(expected.shape(), actual.shape(), what);
        float[] e = floats(expected), a = floats(actual);
        double scale = 1;
        for (float x : e) if (Float.isFinite(x)) scale = Math.max(scale, Math.abs(x));
        for (int i = 0; i < e.length; i++) {
            if (e[i] == a[i] || Float.isNaN(e[i]) && Float.isNaN(a[i])) continue;
            assertTrue(Math.abs(e[i] - a[i]) <= bound * scale, what + " [" + i + "]: " + e[i] + " against " + a[i]);
        }
    }

    private static float[] floats(Tensor tensor) { return tensor.copy().data().toArray(ValueLayout.JAVA_FLOAT); }
}
