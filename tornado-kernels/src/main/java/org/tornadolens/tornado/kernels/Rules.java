package org.tornadolens.tornado.kernels;

/** The rules of pointwise changes on the device: which one is a number in a kernel's block, as are its two numbers. */
public final class Rules {

    /** a · x. */
    public static final int TIMES = 1;

    private Rules() {}

    static float changed(int rule, float x, float a, float b) { return x * a; }

    /** The derivative of {@link #changed} at x. */
    static float slope(int rule, float x, float a, float b) { return a; }
}
