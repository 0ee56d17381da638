package org.tornadolens.tornado.kernels;

/** The rules of pointwise changes on the device: which one is a number in a kernel's block, as are its two numbers. */
public final class Rules {

    /** a · x; x limited to [a, b]. */
    public static final int TIMES = 1, CLAMP = 2;

    private Rules() {}

    static float changed(int rule, float x, float a, float b) {
        if (rule == CLAMP) return x < a ? a : x > b ? b : x;
        return x * a;
    }

    /** The derivative of {@link #changed} at x. */
    static float slope(int rule, float x, float a, float b) {
        if (rule == CLAMP) return x < a || x > b ? 0f : 1f;
        return a;
    }
}
