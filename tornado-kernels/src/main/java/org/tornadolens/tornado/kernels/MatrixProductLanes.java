package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Many rows of activations times a matrix, on devices that are CPUs: tiles of 4 × 4 inner products, sixteen elements of
 * each at a time.
 *
 * <pre>
 *               k, 16 at a time
 *        x0  [----------------]      s00 s01 s02 s03
 *        x1  [----------------]      s10 s11 s12 s13      16 vectors of sums + 4 of weights + 1 of x
 *        x2  [----------------]      s20 s21 s22 s23      = 21 of a CPU's 32 vector registers
 *        x3  [----------------]      s30 s31 s32 s33
 * </pre>
 *
 * 8 loads serve 16 multiply-adds. Tiles go through blocks of 64 rows of x, which stay in the second-level cache while
 * the matrix streams by. At the edges a tile reads the last row again and leaves out the results beyond it.
 */
public final class MatrixProductLanes {

    private static final int TILE = 4, STRIPE = 64;

    private MatrixProductLanes() {}

    /** Arguments of this kernel and of {@link MatrixProductTiles}. */
    public interface ManyRows {
        int X = 1;
        /** Elements from one row of x to the next, and its rows. */
        int X_STRIDE = 2, LINES = 3;
        int MATRIX = 4;
        /** Elements from one row of the matrix to the next, and its rows. */
        int MATRIX_STRIDE = 5, ROWS = 6;
        /** Elements of a row. */
        int K = 7;
        int OUT = 8;
        /** Elements from one row of out to the next. */
        int OUT_STRIDE = 9;
        /** Number of products of this shape, one per head for instance. */
        int PRODUCTS = 10;
        /** List of what each product adds to x, matrix and out. */
        int OFFSETS = 11;
    }

    /** Computes out = x · Wᵀ. */
    public static void product(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + ManyRows.LINES), rows = control.get(block + ManyRows.ROWS),
                k = control.get(block + ManyRows.K);
        int perStripe = (rows + TILE - 1) / TILE * (STRIPE / TILE),
                perProduct = (lines + STRIPE - 1) / STRIPE * perStripe,
                tiles = control.get(block + ManyRows.PRODUCTS) * perProduct;
        int vectors = k - k % Lanes.COUNT, last = Block.to(context, tiles);
        for (int each = Block.from(context, tiles); each < last; each += Block.step(context)) {
            int tile = each % perProduct, offsets = control.get(block + ManyRows.OFFSETS) + each / perProduct * 3;
            int x = control.get(block + ManyRows.X) + control.get(offsets),
                    matrix = control.get(block + ManyRows.MATRIX) + control.get(offsets + 1);
            int line = tile / perStripe * STRIPE + tile % (STRIPE / TILE) * TILE,
                    row = tile % perStripe / (STRIPE / TILE) * TILE;
            if (line < lines) {
                int apart = control.get(block + ManyRows.X_STRIDE), down = control.get(block + ManyRows.MATRIX_STRIDE);
                int x0 = x + line * apart, x1 = x + Math.min(line + 1, lines - 1) * apart;
                int x2 = x + Math.min(line + 2, lines - 1) * apart, x3 = x + Math.min(line + 3, lines - 1) * apart;
                int w0 = matrix + row * down, w1 = matrix + Math.min(row + 1, rows - 1) * down;
                int w2 = matrix + Math.min(row + 2, rows - 1) * down, w3 = matrix + Math.min(row + 3, rows - 1) * down;
                Float16 s00 = Lanes.zero(), s01 = Lanes.zero(), s02 = Lanes.zero(), s03 = Lanes.zero();
                Float16 s10 = Lanes.zero(), s11 = Lanes.zero(), s12 = Lanes.zero(), s13 = Lanes.zero();
                Float16 s20 = Lanes.zero(), s21 = Lanes.zero(), s22 = Lanes.zero(), s23 = Lanes.zero();
                Float16 s30 = Lanes.zero(), s31 = Lanes.zero(), s32 = Lanes.zero(), s33 = Lanes.zero();
                for (int i = 0; i < vectors; i += Lanes.COUNT) {
                    Float16 b0 = Lanes.f32(weights, w0 + i), b1 = Lanes.f32(weights, w1 + i);
                    Float16 b2 = Lanes.f32(weights, w2 + i), b3 = Lanes.f32(weights, w3 + i);
                    Float16 a0 = Lanes.f32(memory, x0 + i);
                    s00 = Float16.add(s00, Float16.mult(a0, b0));
                    s01 = Float16.add(s01, Float16.mult(a0, b1));
                    s02 = Float16.add(s02, Float16.mult(a0, b2));
                    s03 = Float16.add(s03, Float16.mult(a0, b3));
                    Float16 a1 = Lanes.f32(memory, x1 + i);
                    s10 = Float16.add(s10, Float16.mult(a1, b0));
                    s11 = Float16.add(s11, Float16.mult(a1, b1));
                    s12 = Float16.add(s12, Float16.mult(a1, b2));
                    s13 = Float16.add(s13, Float16.mult(a1, b3));
                    Float16 a2 = Lanes.f32(memory, x2 + i);
                    s20 = Float16.add(s20, Float16.mult(a2, b0));
                    s21 = Float16.add(s21, Float16.mult(a2, b1));
                    s22 = Float16.add(s22, Float16.mult(a2, b2));
                    s23 = Float16.add(s23, Float16.mult(a2, b3));
                    Float16 a3 = Lanes.f32(memory, x3 + i);
                    s30 = Float16.add(s30, Float16.mult(a3, b0));
                    s31 = Float16.add(s31, Float16.mult(a3, b1));
                    s32 = Float16.add(s32, Float16.mult(a3, b2));
                    s33 = Float16.add(s33, Float16.mult(a3, b3));
                }
                float t00 = Lanes.sum(s00), t01 = Lanes.sum(s01), t02 = Lanes.sum(s02), t03 = Lanes.sum(s03);
                float t10 = Lanes.sum(s10), t11 = Lanes.sum(s11), t12 = Lanes.sum(s12), t13 = Lanes.sum(s13);
                float t20 = Lanes.sum(s20), t21 = Lanes.sum(s21), t22 = Lanes.sum(s22), t23 = Lanes.sum(s23);
                float t30 = Lanes.sum(s30), t31 = Lanes.sum(s31), t32 = Lanes.sum(s32), t33 = Lanes.sum(s33);
                for (int i = vectors; i < k; i++) {
                    float b0 = weights.get(w0 + i), b1 = weights.get(w1 + i), b2 = weights.get(w2 + i),
                            b3 = weights.get(w3 + i);
                    float a0 = memory.get(x0 + i), a1 = memory.get(x1 + i), a2 = memory.get(x2 + i),
                            a3 = memory.get(x3 + i);
                    t00 += a0 * b0;
                    t01 += a0 * b1;
                    t02 += a0 * b2;
                    t03 += a0 * b3;
                    t10 += a1 * b0;
                    t11 += a1 * b1;
                    t12 += a1 * b2;
                    t13 += a1 * b3;
                    t20 += a2 * b0;
                    t21 += a2 * b1;
                    t22 += a2 * b2;
                    t23 += a2 * b3;
                    t30 += a3 * b0;
                    t31 += a3 * b1;
                    t32 += a3 * b2;
                    t33 += a3 * b3;
                }
                int stride = control.get(block + ManyRows.OUT_STRIDE),
                        out = control.get(block + ManyRows.OUT) + control.get(offsets + 2) + line * stride + row;
                memory.set(out, t00);
                if (row + 1 < rows) memory.set(out + 1, t01);
                if (row + 2 < rows) memory.set(out + 2, t02);
                if (row + 3 < rows) memory.set(out + 3, t03);
                if (line + 1 < lines) {
                    memory.set(out + stride, t10);
                    if (row + 1 < rows) memory.set(out + stride + 1, t11);
                    if (row + 2 < rows) memory.set(out + stride + 2, t12);
                    if (row + 3 < rows) memory.set(out + stride + 3, t13);
                }
                if (line + 2 < lines) {
                    memory.set(out + 2 * stride, t20);
                    if (row + 1 < rows) memory.set(out + 2 * stride + 1, t21);
                    if (row + 2 < rows) memory.set(out + 2 * stride + 2, t22);
                    if (row + 3 < rows) memory.set(out + 2 * stride + 3, t23);
                }
                if (line + 3 < lines) {
                    memory.set(out + 3 * stride, t30);
                    if (row + 1 < rows) memory.set(out + 3 * stride + 1, t31);
                    if (row + 2 < rows) memory.set(out + 3 * stride + 2, t32);
                    if (row + 3 < rows) memory.set(out + 3 * stride + 3, t33);
                }
            }
        }
    }
}
