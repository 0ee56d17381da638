package org.tornadolens.tornado.kernels;

/**
 * The rules of pointwise changes. A kernel's block holds the number of the rule and the addresses of its two numbers.
 */
public final class Rules {

    /** Multiplies by a. */
    public static final int TIMES = 1;
    /** Limits to [a, b]. */
    public static final int CLAMP = 2;

    private Rules() {}

    static float changed(int rule, float x, float a, float b) { return rule == CLAMP ? clamped(x, a, b) : x * a; }

    private static float clamped(float x, float a, float b) { return x < a ? a : x > b ? b : x; }

    /** Returns the derivative of {@link #changed} at x. */
    static float slope(int rule, float x, float a, float b) {
        if (rule == CLAMP) return x < a || x > b ? 0f : 1f;
        return a;
    }
}
