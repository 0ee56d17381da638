package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loop of large matrix products: a tile of {@link #ROWS} weight rows times one or two vectors of
 * activation columns stays in registers while the common dimension runs by.
 * <pre>
 *   a     [ROWS, n]       weight rows as they are, STRIDE apart: each element is broadcast, so nothing is transposed
 *   b     [n, width]      activations, transposed: width neighbouring activation rows side by side
 *   c     [ROWS, width]   = from + a · b; from is c, or zeros at the first step along the common dimension
 * </pre>
 * The rows are written out because vectors kept in an array or passed to a method that is not inlined become objects.
 * Of 32 registers 8 × 2 vectors leave enough for all operands of a step: with more rows the compiler, which loads
 * operands as early as it can, now and then keeps sums in memory, and the loop is slower by a fifth.
 */
final class Tile {

    /** Rows of a tile. */
    static final int ROWS = 8;

    /** The longest common dimension of one call: a panel of it stays in the first-level cache. */
    static final int DEPTH = 256;

    /** Floats from one row of {@code a} to the next; not a power of two, so that rows fall into different cache sets. */
    static final int STRIDE = DEPTH + 16;

    /** Columns of a wide tile. */
    static final int WIDTH = 2 * LANES;

    /** What sums start from. */
    static final float[] ZEROS = new float[ROWS * WIDTH];

    private Tile() {}

    /** A tile of WIDTH columns. */
    static void wide(float[] a, int at, float[] b, int bt, int n, float[] from, int ft, float[] c, int ct) {
        FloatVector c0x = FloatVector.fromArray(F, from, ft), c0y = FloatVector.fromArray(F, from, ft + LANES);
        FloatVector c1x = FloatVector.fromArray(F, from, ft + 1 * WIDTH), c1y = FloatVector.fromArray(F, from, ft + 1 * WIDTH + LANES);
        FloatVector c2x = FloatVector.fromArray(F, from, ft + 2 * WIDTH), c2y = FloatVector.fromArray(F, from, ft + 2 * WIDTH + LANES);
        FloatVector c3x = FloatVector.fromArray(F, from, ft + 3 * WIDTH), c3y = FloatVector.fromArray(F, from, ft + 3 * WIDTH + LANES);
        FloatVector c4x = FloatVector.fromArray(F, from, ft + 4 * WIDTH), c4y = FloatVector.fromArray(F, from, ft + 4 * WIDTH + LANES);
        FloatVector c5x = FloatVector.fromArray(F, from, ft + 5 * WIDTH), c5y = FloatVector.fromArray(F, from, ft + 5 * WIDTH + LANES);
        FloatVector c6x = FloatVector.fromArray(F, from, ft + 6 * WIDTH), c6y = FloatVector.fromArray(F, from, ft + 6 * WIDTH + LANES);
        FloatVector c7x = FloatVector.fromArray(F, from, ft + 7 * WIDTH), c7y = FloatVector.fromArray(F, from, ft + 7 * WIDTH + LANES);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromArray(F, b, bt + k * WIDTH);
            FloatVector y = FloatVector.fromArray(F, b, bt + k * WIDTH + LANES);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k]);
            c0x = w0.fma(x, c0x); c0y = w0.fma(y, c0y);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k + 1 * STRIDE]);
            c1x = w1.fma(x, c1x); c1y = w1.fma(y, c1y);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k + 2 * STRIDE]);
            c2x = w2.fma(x, c2x); c2y = w2.fma(y, c2y);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k + 3 * STRIDE]);
            c3x = w3.fma(x, c3x); c3y = w3.fma(y, c3y);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k + 4 * STRIDE]);
            c4x = w4.fma(x, c4x); c4y = w4.fma(y, c4y);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k + 5 * STRIDE]);
            c5x = w5.fma(x, c5x); c5y = w5.fma(y, c5y);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k + 6 * STRIDE]);
            c6x = w6.fma(x, c6x); c6y = w6.fma(y, c6y);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k + 7 * STRIDE]);
            c7x = w7.fma(x, c7x); c7y = w7.fma(y, c7y);
        }
        c0x.intoArray(c, ct); c0y.intoArray(c, ct + LANES);
        c1x.intoArray(c, ct + 1 * WIDTH); c1y.intoArray(c, ct + 1 * WIDTH + LANES);
        c2x.intoArray(c, ct + 2 * WIDTH); c2y.intoArray(c, ct + 2 * WIDTH + LANES);
        c3x.intoArray(c, ct + 3 * WIDTH); c3y.intoArray(c, ct + 3 * WIDTH + LANES);
        c4x.intoArray(c, ct + 4 * WIDTH); c4y.intoArray(c, ct + 4 * WIDTH + LANES);
        c5x.intoArray(c, ct + 5 * WIDTH); c5y.intoArray(c, ct + 5 * WIDTH + LANES);
        c6x.intoArray(c, ct + 6 * WIDTH); c6y.intoArray(c, ct + 6 * WIDTH + LANES);
        c7x.intoArray(c, ct + 7 * WIDTH); c7y.intoArray(c, ct + 7 * WIDTH + LANES);
    }

    /** A tile of LANES columns. */
    static void narrow(float[] a, int at, float[] b, int bt, int n, float[] from, int ft, float[] c, int ct) {
        FloatVector c0x = FloatVector.fromArray(F, from, ft);
        FloatVector c1x = FloatVector.fromArray(F, from, ft + 1 * LANES);
        FloatVector c2x = FloatVector.fromArray(F, from, ft + 2 * LANES);
        FloatVector c3x = FloatVector.fromArray(F, from, ft + 3 * LANES);
        FloatVector c4x = FloatVector.fromArray(F, from, ft + 4 * LANES);
        FloatVector c5x = FloatVector.fromArray(F, from, ft + 5 * LANES);
        FloatVector c6x = FloatVector.fromArray(F, from, ft + 6 * LANES);
        FloatVector c7x = FloatVector.fromArray(F, from, ft + 7 * LANES);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromArray(F, b, bt + k * LANES);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k]);
            c0x = w0.fma(x, c0x);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k + 1 * STRIDE]);
            c1x = w1.fma(x, c1x);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k + 2 * STRIDE]);
            c2x = w2.fma(x, c2x);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k + 3 * STRIDE]);
            c3x = w3.fma(x, c3x);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k + 4 * STRIDE]);
            c4x = w4.fma(x, c4x);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k + 5 * STRIDE]);
            c5x = w5.fma(x, c5x);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k + 6 * STRIDE]);
            c6x = w6.fma(x, c6x);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k + 7 * STRIDE]);
            c7x = w7.fma(x, c7x);
        }
        c0x.intoArray(c, ct);
        c1x.intoArray(c, ct + 1 * LANES);
        c2x.intoArray(c, ct + 2 * LANES);
        c3x.intoArray(c, ct + 3 * LANES);
        c4x.intoArray(c, ct + 4 * LANES);
        c5x.intoArray(c, ct + 5 * LANES);
        c6x.intoArray(c, ct + 6 * LANES);
        c7x.intoArray(c, ct + 7 * LANES);
    }

    /** A tile of WIDTH columns whose rows of {@code a} stand upright: a [n, ROWS], {@code aStride} floats from k to k + 1. */
    static void wideUpright(float[] a, int at, int aStride, float[] b, int bt, int n, float[] from, int ft, float[] c, int ct) {
        FloatVector c0x = FloatVector.fromArray(F, from, ft), c0y = FloatVector.fromArray(F, from, ft + LANES);
        FloatVector c1x = FloatVector.fromArray(F, from, ft + 1 * WIDTH), c1y = FloatVector.fromArray(F, from, ft + 1 * WIDTH + LANES);
        FloatVector c2x = FloatVector.fromArray(F, from, ft + 2 * WIDTH), c2y = FloatVector.fromArray(F, from, ft + 2 * WIDTH + LANES);
        FloatVector c3x = FloatVector.fromArray(F, from, ft + 3 * WIDTH), c3y = FloatVector.fromArray(F, from, ft + 3 * WIDTH + LANES);
        FloatVector c4x = FloatVector.fromArray(F, from, ft + 4 * WIDTH), c4y = FloatVector.fromArray(F, from, ft + 4 * WIDTH + LANES);
        FloatVector c5x = FloatVector.fromArray(F, from, ft + 5 * WIDTH), c5y = FloatVector.fromArray(F, from, ft + 5 * WIDTH + LANES);
        FloatVector c6x = FloatVector.fromArray(F, from, ft + 6 * WIDTH), c6y = FloatVector.fromArray(F, from, ft + 6 * WIDTH + LANES);
        FloatVector c7x = FloatVector.fromArray(F, from, ft + 7 * WIDTH), c7y = FloatVector.fromArray(F, from, ft + 7 * WIDTH + LANES);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromArray(F, b, bt + k * WIDTH);
            FloatVector y = FloatVector.fromArray(F, b, bt + k * WIDTH + LANES);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k * aStride]);
            c0x = w0.fma(x, c0x); c0y = w0.fma(y, c0y);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k * aStride + 1]);
            c1x = w1.fma(x, c1x); c1y = w1.fma(y, c1y);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k * aStride + 2]);
            c2x = w2.fma(x, c2x); c2y = w2.fma(y, c2y);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k * aStride + 3]);
            c3x = w3.fma(x, c3x); c3y = w3.fma(y, c3y);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k * aStride + 4]);
            c4x = w4.fma(x, c4x); c4y = w4.fma(y, c4y);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k * aStride + 5]);
            c5x = w5.fma(x, c5x); c5y = w5.fma(y, c5y);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k * aStride + 6]);
            c6x = w6.fma(x, c6x); c6y = w6.fma(y, c6y);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k * aStride + 7]);
            c7x = w7.fma(x, c7x); c7y = w7.fma(y, c7y);
        }
        c0x.intoArray(c, ct); c0y.intoArray(c, ct + LANES);
        c1x.intoArray(c, ct + 1 * WIDTH); c1y.intoArray(c, ct + 1 * WIDTH + LANES);
        c2x.intoArray(c, ct + 2 * WIDTH); c2y.intoArray(c, ct + 2 * WIDTH + LANES);
        c3x.intoArray(c, ct + 3 * WIDTH); c3y.intoArray(c, ct + 3 * WIDTH + LANES);
        c4x.intoArray(c, ct + 4 * WIDTH); c4y.intoArray(c, ct + 4 * WIDTH + LANES);
        c5x.intoArray(c, ct + 5 * WIDTH); c5y.intoArray(c, ct + 5 * WIDTH + LANES);
        c6x.intoArray(c, ct + 6 * WIDTH); c6y.intoArray(c, ct + 6 * WIDTH + LANES);
        c7x.intoArray(c, ct + 7 * WIDTH); c7y.intoArray(c, ct + 7 * WIDTH + LANES);
    }

    /** A tile of LANES columns whose rows of {@code a} stand upright. */
    static void narrowUpright(float[] a, int at, int aStride, float[] b, int bt, int n, float[] from, int ft, float[] c, int ct) {
        FloatVector c0x = FloatVector.fromArray(F, from, ft);
        FloatVector c1x = FloatVector.fromArray(F, from, ft + 1 * LANES);
        FloatVector c2x = FloatVector.fromArray(F, from, ft + 2 * LANES);
        FloatVector c3x = FloatVector.fromArray(F, from, ft + 3 * LANES);
        FloatVector c4x = FloatVector.fromArray(F, from, ft + 4 * LANES);
        FloatVector c5x = FloatVector.fromArray(F, from, ft + 5 * LANES);
        FloatVector c6x = FloatVector.fromArray(F, from, ft + 6 * LANES);
        FloatVector c7x = FloatVector.fromArray(F, from, ft + 7 * LANES);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromArray(F, b, bt + k * LANES);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k * aStride]);
            c0x = w0.fma(x, c0x);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k * aStride + 1]);
            c1x = w1.fma(x, c1x);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k * aStride + 2]);
            c2x = w2.fma(x, c2x);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k * aStride + 3]);
            c3x = w3.fma(x, c3x);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k * aStride + 4]);
            c4x = w4.fma(x, c4x);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k * aStride + 5]);
            c5x = w5.fma(x, c5x);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k * aStride + 6]);
            c6x = w6.fma(x, c6x);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k * aStride + 7]);
            c7x = w7.fma(x, c7x);
        }
        c0x.intoArray(c, ct);
        c1x.intoArray(c, ct + 1 * LANES);
        c2x.intoArray(c, ct + 2 * LANES);
        c3x.intoArray(c, ct + 3 * LANES);
        c4x.intoArray(c, ct + 4 * LANES);
        c5x.intoArray(c, ct + 5 * LANES);
        c6x.intoArray(c, ct + 6 * LANES);
        c7x.intoArray(c, ct + 7 * LANES);
    }
}
