package org.tornadolens.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.tornadolens.tensor.Tensor;

/** Compares tensors by sizes and numbers, not by names of axes, since axes that come from files have none. */
public final class TensorAssertions {

    private TensorAssertions() {}

    /**
     * Fails unless two tensors agree within {@code tolerance} times the larger of one and the largest finite magnitude.
     * Infinities must be equal, and there must be no NaN.
     */
    public static void assertClose(String what, Tensor expected, Tensor actual, double tolerance) {
        compare(what, expected, actual, tolerance, _ -> false);
    }

    public static void assertClose(String what, Tensor expected, Tensor actual) {
        assertClose(what, expected, actual, 1e-5);
    }

    /** Compares in the same way, ignoring positions that are padding, whose values are undefined. */
    public static void assertClose(String what, Tensor expected, Tensor actual, int[] padding, double tolerance) {
        int position = Math.max(actual.shape().indexOf("pos"), actual.shape().indexOf("dest"));
        compare(what, expected, actual, tolerance, index -> position >= 0 && index[position] < padding[index[0]]);
    }

    /** Compares in the same way, but NaN must occur exactly where NaN is expected. */
    public static void assertCloseWithGaps(String what, Tensor expected, Tensor actual, double tolerance) {
        float[] gaps = values(expected), found = values(actual);
        int[] sizes = expected.shape().sizes();
        compare(what, expected, actual, tolerance, index -> {
            int place = place(sizes, index);
            return Float.isNaN(gaps[place]) && Float.isNaN(found[place]);
        });
    }

    /** Fails unless two tensors are bitwise equal. */
    public static void assertIdentical(String what, Tensor expected, Tensor actual) {
        assertEquals(expected.shape(), actual.shape(), what);
        float[] e = values(expected), a = values(actual);
        for (int i = 0; i < e.length; i++) {
            if (Float.floatToRawIntBits(e[i]) == Float.floatToRawIntBits(a[i])) continue;
            fail(at(what, expected, i) + " is " + a[i] + ", not " + e[i] + ", bit for bit");
        }
    }

    /**
     * Fails unless two runs with the same arithmetic on the same f32 values are bitwise equal; on a backend that
     * computes in higher precision than f32, fails unless they agree within the rounding of f32.
     */
    public static void assertContinued(String what, Tensor expected, Tensor actual) {
        if (BackendUnderTest.BACKEND == BackendUnderTest.REFERENCE) assertClose(what, expected, actual, 1e-6);
        else assertIdentical(what, expected, actual);
    }

    /** Decides whether the numbers at an index are ignored. */
    private interface Exception { boolean at(int[] index); }

    private static void compare(String what, Tensor expected, Tensor actual, double tolerance, Exception exception) {
        assertArrayEquals(expected.shape().sizes(), actual.shape().sizes(), what + ": sizes of " + actual.shape());
        float[] e = values(expected), a = values(actual);
        double bound = tolerance;
        for (float value : e) if (Float.isFinite(value)) bound = Math.max(bound, tolerance * Math.abs(value));
        for (int i = 0; i < e.length; i++) {
            if (e[i] == a[i] || Math.abs(e[i] - a[i]) <= bound) continue;
            if (exception.at(index(expected.shape().sizes(), i))) continue;
            fail(at(what, expected, i) + " " + actual.shape() + " is " + a[i] + ", not " + e[i] + ", off by "
                    + Math.abs(e[i] - a[i]));
        }
    }

    private static float[] values(Tensor tensor) {
        return (tensor.contiguous() ? tensor : tensor.copy()).data().toArray(ValueLayout.JAVA_FLOAT);
    }

    private static String at(String what, Tensor tensor, int place) {
        return what + Arrays.toString(index(tensor.shape().sizes(), place));
    }

    /** Returns the multi-dimensional index of an element in row-major order. */
    private static int[] index(int[] sizes, int place) {
        int[] index = new int[sizes.length];
        for (int i = sizes.length - 1, rest = place; i >= 0; rest /= sizes[i], i--) index[i] = rest % sizes[i];
        return index;
    }

    private static int place(int[] sizes, int[] index) {
        int place = 0;
        for (int i = 0; i < sizes.length; i++) place = place * sizes[i] + index[i];
        return place;
    }
}
