package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * A few rows of activations times up to three matrices, for decoding, on devices that are CPUs: all it waits for is the
 * weights.
 *
 * <pre>
 *   x [n, k] · gain [k] --+--> W0 [rows0, k] -> out0 [n, rows0]     out = residual + scale · (x · gain) Wᵀ
 *                         +--> W1 [rows1, k] -> out1
 *                         +--> W2 [rows2, k] -> out2                scale = 1 / sqrt(mean(x²) + eps)
 * </pre>
 *
 * With gain and eps it is an RMSNorm and the products that read it (queries, keys and values; gate and up) in one launch;
 * with a residual, the last step of a sub-layer. An item takes four rows of weights at a time: one load of x serves
 * four, and four streams keep the memory busy.
 *
 * <p>Arguments: 1 x, 2 n, 3 k, 4 gain, 5 address of eps, or -1 to leave x unscaled, 6 residual [n, rows], or -1; then
 * three times 7 matrix, 8 rows, 9 out, unused ones with no rows.
 */
public final class MatrixVectorLanes {

    private static final int ROWS = 4;   // of weights, an item's at a time

    private MatrixVectorLanes() {}

    public static void f32(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory, FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4), tiles = tiles(control, block);
        for (int line = 0; line < n; line++) {
            int x = control.get(block + 1) + line * k;
            float scale = scale(memory, x, k, control.get(block + 5));
                for (int tile = Block.from(context, tiles), end = Block.to(context, tiles); tile < end; tile += Block.step(context)) {
                int part = part(control, block, tile), matrix = control.get(part), rows = control.get(part + 1), row = row(control, block, tile);
                int w0 = matrix + row * k, w1 = matrix + Math.min(row + 1, rows - 1) * k, w2 = matrix + Math.min(row + 2, rows - 1) * k, w3 = matrix + Math.min(row + 3, rows - 1) * k;
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero();
                int vectors = k - k % Lanes.COUNT;
                for (int i = 0; i < vectors; i += Lanes.COUNT) {
                    Float16 v = Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i));
                    s0 = Float16.add(s0, Float16.mult(v, Lanes.f32(weights, w0 + i)));
                    s1 = Float16.add(s1, Float16.mult(v, Lanes.f32(weights, w1 + i)));
                    s2 = Float16.add(s2, Float16.mult(v, Lanes.f32(weights, w2 + i)));
                    s3 = Float16.add(s3, Float16.mult(v, Lanes.f32(weights, w3 + i)));
                }
                float t0 = Lanes.sum(s0), t1 = Lanes.sum(s1), t2 = Lanes.sum(s2), t3 = Lanes.sum(s3);
                for (int i = vectors; i < k; i++) {
                    float v = memory.get(x + i) * memory.get(gain + i);
                    t0 += v * weights.get(w0 + i);
                    t1 += v * weights.get(w1 + i);
                    t2 += v * weights.get(w2 + i);
                    t3 += v * weights.get(w3 + i);
                }
                int at = line * rows + row, out = control.get(part + 2) + at, residual = control.get(block + 6);
                int before = residual < 0 ? -1 : residual + at;
                memory.set(out, added(memory, before, 0, t0 * scale));
                if (row + 1 < rows) memory.set(out + 1, added(memory, before, 1, t1 * scale));
                if (row + 2 < rows) memory.set(out + 2, added(memory, before, 2, t2 * scale));
                if (row + 3 < rows) memory.set(out + 3, added(memory, before, 3, t3 * scale));
            }
        }
    }

    public static void q8(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory, ByteArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4), tiles = tiles(control, block);
        for (int line = 0; line < n; line++) {
            int x = control.get(block + 1) + line * k;
            float scale = scale(memory, x, k, control.get(block + 5));
                for (int tile = Block.from(context, tiles), end = Block.to(context, tiles); tile < end; tile += Block.step(context)) {
                int part = part(control, block, tile), matrix = control.get(part), rows = control.get(part + 1), row = row(control, block, tile);
                int w0 = row * k, w1 = Math.min(row + 1, rows - 1) * k, w2 = Math.min(row + 2, rows - 1) * k, w3 = Math.min(row + 3, rows - 1) * k;
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero();
                int vectors = k - k % Lanes.COUNT;
                for (int i = 0; i < vectors; i += Lanes.COUNT) {
                    Float16 v = Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i));
                    s0 = Float16.add(s0, Float16.mult(v, Lanes.q8(weights, matrix, w0 + i)));
                    s1 = Float16.add(s1, Float16.mult(v, Lanes.q8(weights, matrix, w1 + i)));
                    s2 = Float16.add(s2, Float16.mult(v, Lanes.q8(weights, matrix, w2 + i)));
                    s3 = Float16.add(s3, Float16.mult(v, Lanes.q8(weights, matrix, w3 + i)));
                }
                float t0 = Lanes.sum(s0), t1 = Lanes.sum(s1), t2 = Lanes.sum(s2), t3 = Lanes.sum(s3);
                for (int i = vectors; i < k; i++) {
                    float v = memory.get(x + i) * memory.get(gain + i);
                    t0 += v * Decoding.q8(weights, matrix, w0 + i);
                    t1 += v * Decoding.q8(weights, matrix, w1 + i);
                    t2 += v * Decoding.q8(weights, matrix, w2 + i);
                    t3 += v * Decoding.q8(weights, matrix, w3 + i);
                }
                int at = line * rows + row, out = control.get(part + 2) + at, residual = control.get(block + 6);
                int before = residual < 0 ? -1 : residual + at;
                memory.set(out, added(memory, before, 0, t0 * scale));
                if (row + 1 < rows) memory.set(out + 1, added(memory, before, 1, t1 * scale));
                if (row + 2 < rows) memory.set(out + 2, added(memory, before, 2, t2 * scale));
                if (row + 3 < rows) memory.set(out + 3, added(memory, before, 3, t3 * scale));
            }
        }
    }

    private static float added(FloatArray memory, int residual, int i, float sum) { return residual < 0 ? sum : memory.get(residual + i) + sum; }

    private static float scale(FloatArray memory, int x, int k, int eps) {
        float sum = 0f;
        int n = eps < 0 ? 0 : k;
        for (int i = 0; i < n; i++) sum += memory.get(x + i) * memory.get(x + i);
        return eps < 0 ? 1f : 1f / TornadoMath.sqrt(sum / k + memory.get(eps));
    }

    // ---- tiles: those of the first matrix, then the second's, then the third's

    private static int tilesOf(IntArray control, int block, int part) { return (control.get(block + 8 + 3 * part) + ROWS - 1) / ROWS; }

    private static int tiles(IntArray control, int block) { return tilesOf(control, block, 0) + tilesOf(control, block, 1) + tilesOf(control, block, 2); }

    private static int index(IntArray control, int block, int tile) {
        int first = tilesOf(control, block, 0);
        return tile < first ? 0 : tile < first + tilesOf(control, block, 1) ? 1 : 2;
    }

    /** Where the arguments of a tile's matrix begin. */
    private static int part(IntArray control, int block, int tile) { return block + 7 + 3 * index(control, block, tile); }

    /** The first row of a tile in its matrix. */
    private static int row(IntArray control, int block, int tile) {
        int index = index(control, block, tile);
        int before = index == 0 ? 0 : index == 1 ? tilesOf(control, block, 0) : tilesOf(control, block, 0) + tilesOf(control, block, 1);
        return (tile - before) * ROWS;
    }
}
