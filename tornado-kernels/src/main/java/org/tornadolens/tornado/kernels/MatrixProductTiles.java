package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.MatrixProductLanes.ManyRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The product of {@link MatrixProductLanes} for GPUs: a group of 16 × 16 items computes 64 × 64 elements, 16 of k at a
 * time, from tiles in local memory.
 *
 * <pre>
 *   global memory        local memory           registers of an item
 *   x [64, 16 of k] ---> xs [16][64+1] --+
 *                                        +----> 4 × 4 sums, rows 16 apart
 *   w [64, 16 of k] ---> ws [16][64+1] --+
 * </pre>
 *
 * Every element in local memory is read by 16 items; rows are one longer than 64, so that the items which store a tile
 * column by column meet different memory banks. One barrier comes before a tile is read, since other items stored it,
 * and one before the next is stored, since others still read this one.
 */
public final class MatrixProductTiles {

    /** Items of a group: the tiles are made for exactly this many. */
    public static final int ITEMS = 256;

    private static final int TILE = 64, DEPTH = 16, ROW = TILE + 1;

    private MatrixProductTiles() {}

    public static void product(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + ManyRows.LINES), rows = control.get(block + ManyRows.ROWS),
                k = control.get(block + ManyRows.K);
        int across = (rows + TILE - 1) / TILE, perProduct = (lines + TILE - 1) / TILE * across,
                tiles = control.get(block + ManyRows.PRODUCTS) * perProduct;
        int item = context.localIdx, ix = item % 16, iy = item / 16;
        float[] xs = context.allocateFloatLocalArray(DEPTH * ROW);
        float[] ws = context.allocateFloatLocalArray(DEPTH * ROW);
        for (int each = context.groupIdx; each < tiles; each += Block.groups(context)) {
            int tile = each % perProduct, offsets = control.get(block + ManyRows.OFFSETS) + each / perProduct * 3;
            int x = control.get(block + ManyRows.X) + control.get(offsets),
                    matrix = control.get(block + ManyRows.MATRIX) + control.get(offsets + 1);
            int line = tile / across * TILE, row = tile % across * TILE;
            float s00 = 0f, s01 = 0f, s02 = 0f, s03 = 0f;
            float s10 = 0f, s11 = 0f, s12 = 0f, s13 = 0f;
            float s20 = 0f, s21 = 0f, s22 = 0f, s23 = 0f;
            float s30 = 0f, s31 = 0f, s32 = 0f, s33 = 0f;
            for (int depth = 0; depth < k; depth += DEPTH) {
                int column = depth + ix;
                for (int part = 0; part < 4; part++) {
                    int own = iy + 16 * part;
                    boolean inX = line + own < lines && column < k, inW = row + own < rows && column < k;
                    xs[ix * ROW + own] =
                            inX ? memory.get(x + (line + own) * control.get(block + ManyRows.X_STRIDE) + column) : 0f;
                    ws[ix * ROW + own] = inW
                            ? weights.get(matrix + (row + own) * control.get(block + ManyRows.MATRIX_STRIDE) + column)
                            : 0f;
                }
                context.localBarrier();
                for (int d = 0; d < DEPTH; d++) {
                    float a0 = xs[d * ROW + iy], a1 = xs[d * ROW + iy + 16], a2 = xs[d * ROW + iy + 32],
                            a3 = xs[d * ROW + iy + 48];
                    float b0 = ws[d * ROW + ix], b1 = ws[d * ROW + ix + 16], b2 = ws[d * ROW + ix + 32],
                            b3 = ws[d * ROW + ix + 48];
                    s00 += a0 * b0;
                    s01 += a0 * b1;
                    s02 += a0 * b2;
                    s03 += a0 * b3;
                    s10 += a1 * b0;
                    s11 += a1 * b1;
                    s12 += a1 * b2;
                    s13 += a1 * b3;
                    s20 += a2 * b0;
                    s21 += a2 * b1;
                    s22 += a2 * b2;
                    s23 += a2 * b3;
                    s30 += a3 * b0;
                    s31 += a3 * b1;
                    s32 += a3 * b2;
                    s33 += a3 * b3;
                }
                context.localBarrier();
            }
            int stride = control.get(block + ManyRows.OUT_STRIDE),
                    out = control.get(block + ManyRows.OUT) + control.get(offsets + 2) + (line + iy) * stride + row
                            + ix;
            if (line + iy < lines) {
                if (row + ix < rows) memory.set(out, s00);
                if (row + ix + 16 < rows) memory.set(out + 16, s01);
                if (row + ix + 32 < rows) memory.set(out + 32, s02);
                if (row + ix + 48 < rows) memory.set(out + 48, s03);
            }
            if (line + iy + 16 < lines) {
                if (row + ix < rows) memory.set(out + 16 * stride, s10);
                if (row + ix + 16 < rows) memory.set(out + 16 * stride + 16, s11);
                if (row + ix + 32 < rows) memory.set(out + 16 * stride + 32, s12);
                if (row + ix + 48 < rows) memory.set(out + 16 * stride + 48, s13);
            }
            if (line + iy + 32 < lines) {
                if (row + ix < rows) memory.set(out + 32 * stride, s20);
                if (row + ix + 16 < rows) memory.set(out + 32 * stride + 16, s21);
                if (row + ix + 32 < rows) memory.set(out + 32 * stride + 32, s22);
                if (row + ix + 48 < rows) memory.set(out + 32 * stride + 48, s23);
            }
            if (line + iy + 48 < lines) {
                if (row + ix < rows) memory.set(out + 48 * stride, s30);
                if (row + ix + 16 < rows) memory.set(out + 48 * stride + 16, s31);
                if (row + ix + 32 < rows) memory.set(out + 48 * stride + 32, s32);
                if (row + ix + 48 < rows) memory.set(out + 48 * stride + 48, s33);
            }
        }
    }
}
