package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Panels;

/**
 * The innermost loop of large matrix products: a tile of {@link #ROWS} weight rows times one or two vectors of
 * activations stays in registers while the loop runs along the common dimension.
 * <pre>
 *   a     [ROWS, n]       weight rows as they are, STRIDE apart: each element is broadcast, so nothing is transposed
 *   b     [n, WIDTH]      activations, transposed: WIDTH neighbouring activation rows side by side
 *   c     [ROWS, WIDTH]   = from + a · b; from is c, or ZEROS for the first columns of the common dimension
 * </pre>
 * a is an array that a decoder has written; b, c and from are addresses, and b is a multiple of a vector's length, so
 * that no load crosses a cache line. The rows are written out because vectors kept in an array or passed to a method
 * that is not inlined become objects. Of 32 registers 8 × 2 vectors leave enough for all operands of a step: with more
 * rows the compiler, which loads operands as early as it can, sometimes keeps sums in memory, and the loop is slower by
 * a fifth.
 *
 * <p>Sums are stored as {@code one.mul(sum)}, which changes no bit. After a loop the compiler knows the class of a sum
 * only from the profile; where it cannot rely on that, as it may not once enough other code has disappointed it, a
 * method called on the sum makes an object of it in every step of the loop, and the product takes ten times as long for
 * the rest of the process. The class of {@code one} it knows. The other kernels do the same.
 */
public final class Tile {

    /** Weight rows of a tile. */
    public static final int ROWS = 8;

    /** The longest common dimension of one call: a panel of this many columns stays in the first-level cache. */
    public static final int DEPTH = 256;

    /** Floats from one row of {@code a} to the next; not a power of two, so that rows map to different cache sets. */
    public static final int STRIDE = DEPTH + 16;

    /**
     * Columns of a wide tile, one for each row of a panel; also the floats from one row of b and c to the next in a
     * narrow tile.
     */
    public static final int WIDTH = Panels.ROWS;

    /** Bytes of a row of b and c. */
    public static final long ROW = Panels.COLUMN_BYTES;

    private static final long VECTOR = 4L * LANES;   // bytes

    /** The address of a tile of zeros, from which sums start. */
    public static final long ZEROS = Arena.global().allocate(ROWS * ROW, VECTOR).address();

    private Tile() {}

    /** Multiplies a tile of WIDTH columns. */
    public static void wide(float[] a, int at, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER),
                c0y = FloatVector.fromMemorySegment(F, ALL, from + VECTOR, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW, ORDER),
                c1y = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW + VECTOR, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW, ORDER),
                c2y = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW + VECTOR, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW, ORDER),
                c3y = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW + VECTOR, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW, ORDER),
                c4y = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW + VECTOR, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW, ORDER),
                c5y = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW + VECTOR, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW, ORDER),
                c6y = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW + VECTOR, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW, ORDER),
                c7y = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW + VECTOR, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * ROW, ORDER);
            FloatVector y = FloatVector.fromMemorySegment(F, ALL, b + k * ROW + VECTOR, ORDER);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k]);
            c0x = w0.fma(x, c0x);
            c0y = w0.fma(y, c0y);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k + 1 * STRIDE]);
            c1x = w1.fma(x, c1x);
            c1y = w1.fma(y, c1y);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k + 2 * STRIDE]);
            c2x = w2.fma(x, c2x);
            c2y = w2.fma(y, c2y);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k + 3 * STRIDE]);
            c3x = w3.fma(x, c3x);
            c3y = w3.fma(y, c3y);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k + 4 * STRIDE]);
            c4x = w4.fma(x, c4x);
            c4y = w4.fma(y, c4y);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k + 5 * STRIDE]);
            c5x = w5.fma(x, c5x);
            c5y = w5.fma(y, c5y);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k + 6 * STRIDE]);
            c6x = w6.fma(x, c6x);
            c6y = w6.fma(y, c6y);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k + 7 * STRIDE]);
            c7x = w7.fma(x, c7x);
            c7y = w7.fma(y, c7y);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c0y).intoMemorySegment(ALL, c + VECTOR, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * ROW, ORDER);
        one.mul(c1y).intoMemorySegment(ALL, c + 1 * ROW + VECTOR, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * ROW, ORDER);
        one.mul(c2y).intoMemorySegment(ALL, c + 2 * ROW + VECTOR, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * ROW, ORDER);
        one.mul(c3y).intoMemorySegment(ALL, c + 3 * ROW + VECTOR, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * ROW, ORDER);
        one.mul(c4y).intoMemorySegment(ALL, c + 4 * ROW + VECTOR, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * ROW, ORDER);
        one.mul(c5y).intoMemorySegment(ALL, c + 5 * ROW + VECTOR, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * ROW, ORDER);
        one.mul(c6y).intoMemorySegment(ALL, c + 6 * ROW + VECTOR, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * ROW, ORDER);
        one.mul(c7y).intoMemorySegment(ALL, c + 7 * ROW + VECTOR, ORDER);
    }

    /** Multiplies a tile of the first LANES columns. */
    public static void narrow(float[] a, int at, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * ROW, ORDER);
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
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * ROW, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * ROW, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * ROW, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * ROW, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * ROW, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * ROW, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * ROW, ORDER);
    }

    /**
     * Multiplies a tile of WIDTH columns where a is transposed: a [n, ROWS], {@code aStride} floats from one row to the
     * next.
     */
    public static void wideTransposed(float[] a, int at, int aStride, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER),
                c0y = FloatVector.fromMemorySegment(F, ALL, from + VECTOR, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW, ORDER),
                c1y = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW + VECTOR, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW, ORDER),
                c2y = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW + VECTOR, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW, ORDER),
                c3y = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW + VECTOR, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW, ORDER),
                c4y = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW + VECTOR, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW, ORDER),
                c5y = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW + VECTOR, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW, ORDER),
                c6y = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW + VECTOR, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW, ORDER),
                c7y = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW + VECTOR, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * ROW, ORDER);
            FloatVector y = FloatVector.fromMemorySegment(F, ALL, b + k * ROW + VECTOR, ORDER);
            FloatVector w0 = FloatVector.broadcast(F, a[at + k * aStride]);
            c0x = w0.fma(x, c0x);
            c0y = w0.fma(y, c0y);
            FloatVector w1 = FloatVector.broadcast(F, a[at + k * aStride + 1]);
            c1x = w1.fma(x, c1x);
            c1y = w1.fma(y, c1y);
            FloatVector w2 = FloatVector.broadcast(F, a[at + k * aStride + 2]);
            c2x = w2.fma(x, c2x);
            c2y = w2.fma(y, c2y);
            FloatVector w3 = FloatVector.broadcast(F, a[at + k * aStride + 3]);
            c3x = w3.fma(x, c3x);
            c3y = w3.fma(y, c3y);
            FloatVector w4 = FloatVector.broadcast(F, a[at + k * aStride + 4]);
            c4x = w4.fma(x, c4x);
            c4y = w4.fma(y, c4y);
            FloatVector w5 = FloatVector.broadcast(F, a[at + k * aStride + 5]);
            c5x = w5.fma(x, c5x);
            c5y = w5.fma(y, c5y);
            FloatVector w6 = FloatVector.broadcast(F, a[at + k * aStride + 6]);
            c6x = w6.fma(x, c6x);
            c6y = w6.fma(y, c6y);
            FloatVector w7 = FloatVector.broadcast(F, a[at + k * aStride + 7]);
            c7x = w7.fma(x, c7x);
            c7y = w7.fma(y, c7y);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c0y).intoMemorySegment(ALL, c + VECTOR, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * ROW, ORDER);
        one.mul(c1y).intoMemorySegment(ALL, c + 1 * ROW + VECTOR, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * ROW, ORDER);
        one.mul(c2y).intoMemorySegment(ALL, c + 2 * ROW + VECTOR, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * ROW, ORDER);
        one.mul(c3y).intoMemorySegment(ALL, c + 3 * ROW + VECTOR, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * ROW, ORDER);
        one.mul(c4y).intoMemorySegment(ALL, c + 4 * ROW + VECTOR, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * ROW, ORDER);
        one.mul(c5y).intoMemorySegment(ALL, c + 5 * ROW + VECTOR, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * ROW, ORDER);
        one.mul(c6y).intoMemorySegment(ALL, c + 6 * ROW + VECTOR, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * ROW, ORDER);
        one.mul(c7y).intoMemorySegment(ALL, c + 7 * ROW + VECTOR, ORDER);
    }

    /** Multiplies a tile of the first LANES columns where a is transposed. */
    public static void narrowTransposed(float[] a, int at, int aStride, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * ROW, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * ROW, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * ROW, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * ROW, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * ROW, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * ROW, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * ROW, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * ROW, ORDER);
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
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * ROW, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * ROW, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * ROW, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * ROW, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * ROW, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * ROW, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * ROW, ORDER);
    }
}
