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
 *   x [n, k] · gain [k] --+--> W0 [rows0, k] -> out0 [n, rows0]     out = residual + scale · (x · gain) Wᵀ + bias
 *                         +--> W1 [rows1, k] -> out1
 *                         +--> W2 [rows2, k] -> out2                scale = 1 / sqrt(mean(x²) + eps)
 *
 *   in pairs:                  W0, W1 [rows0, k] -> out0 = SiLU(gate) · up, where gate is W0's product and up is W1's
 * </pre>
 *
 * With gain and eps it is an RMSNorm and the products that read it (queries, keys and values; gate and up) in one launch;
 * in pairs it is SwiGLU too; with a residual, the last step of a sub-layer. An item takes four rows of weights at a time,
 * a quarter of the matrix apart (in pairs half of it, of both): one load of x serves four, and four far streams keep the
 * memory busier than near ones.
 *
 * <p>Arguments: 1 x, 2 n, 3 k, 4 gain, 5 address of eps, or -1 to leave x unscaled, 6 residual [n, rows], or -1; then
 * three times 7 matrix, 8 rows, 9 out, unused ones with no rows; 16 one for the first two in pairs, else zero; 17, 18
 * and 19 the bias of each [rows], or -1, as always in pairs.
 */
public final class MatrixVectorLanes {

    private static final int LINES = 8;   // rows of activations at most

    private MatrixVectorLanes() {}

    public static void f32(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                tiles = tiles(control, block);
        float[] scales = context.allocateFloatLocalArray(LINES);
        for (int line = 0; line < n; line++)
            scales[line] = scale(memory, control.get(block + 1) + line * k, k, control.get(block + 5));
        for (int tile = Block.from(context, tiles), end = Block.to(context, tiles); tile < end;
                tile += Block.step(context)) {
            int part = part(control, block, tile), row = row(control, block, tile);
            int w0 = control.get(part) + within(control, block, part, row, 0) * k,
                    w1 = control.get(part) + within(control, block, part, row, 1) * k;
            int w2 = other(control, block, part) + within(control, block, part, row, 2) * k,
                    w3 = other(control, block, part) + within(control, block, part, row, 3) * k;
            for (int line = 0; line < n; line++) {
                int x = control.get(block + 1) + line * k;
                float scale = scales[line];
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
                store(control, memory, block, part, line, row, t0 * scale, t1 * scale, t2 * scale, t3 * scale);
            }
        }
    }

    public static void q8(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ByteArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                tiles = tiles(control, block);
        float[] scales = context.allocateFloatLocalArray(LINES);
        for (int line = 0; line < n; line++)
            scales[line] = scale(memory, control.get(block + 1) + line * k, k, control.get(block + 5));
        for (int tile = Block.from(context, tiles), end = Block.to(context, tiles); tile < end;
                tile += Block.step(context)) {
            int part = part(control, block, tile), row = row(control, block, tile), matrix = control.get(part),
                    matrix2 = other(control, block, part);
            int w0 = within(control, block, part, row, 0) * k, w1 = within(control, block, part, row, 1) * k;
            int w2 = within(control, block, part, row, 2) * k, w3 = within(control, block, part, row, 3) * k;
            for (int line = 0; line < n; line++) {
                int x = control.get(block + 1) + line * k;
                float scale = scales[line];
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero();
                int vectors = k - k % Lanes.COUNT;
                for (int i = 0; i < vectors; i += Lanes.COUNT) {
                    Float16 v = Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i));
                    s0 = Float16.add(s0, Float16.mult(v, Lanes.q8(weights, matrix, w0 + i)));
                    s1 = Float16.add(s1, Float16.mult(v, Lanes.q8(weights, matrix, w1 + i)));
                    s2 = Float16.add(s2, Float16.mult(v, Lanes.q8(weights, matrix2, w2 + i)));
                    s3 = Float16.add(s3, Float16.mult(v, Lanes.q8(weights, matrix2, w3 + i)));
                }
                float t0 = Lanes.sum(s0), t1 = Lanes.sum(s1), t2 = Lanes.sum(s2), t3 = Lanes.sum(s3);
                for (int i = vectors; i < k; i++) {
                    float v = memory.get(x + i) * memory.get(gain + i);
                    t0 += v * Decoding.q8(weights, matrix, w0 + i);
                    t1 += v * Decoding.q8(weights, matrix, w1 + i);
                    t2 += v * Decoding.q8(weights, matrix2, w2 + i);
                    t3 += v * Decoding.q8(weights, matrix2, w3 + i);
                }
                store(control, memory, block, part, line, row, t0 * scale, t1 * scale, t2 * scale, t3 * scale);
            }
        }
    }

    private static void store(IntArray control, FloatArray memory, int block, int part, int line, int row, float t0,
            float t1, float t2, float t3) {
        int rows = control.get(part + 1), apart = apart(control, block, part), at = line * rows + row,
                out = control.get(part + 2);
        boolean pairs = control.get(block + 16) == 1;
        int bias = next(control.get(block + 17 + (part - block - 7) / 3), row);
        memory.set(out + at, pairs ? swiglu(t0, t2) : added(control, memory, block, at, bias, t0));
        if (row + apart < rows) {
            float second = pairs ? swiglu(t1, t3) : added(control, memory, block, at + apart, next(bias, apart), t1);
            memory.set(out + at + apart, second);
        }
        if (!pairs && row + 2 * apart < rows) {
            memory.set(out + at + 2 * apart, added(control, memory, block, at + 2 * apart, next(bias, 2 * apart), t2));
        }
        if (!pairs && row + 3 * apart < rows) {
            memory.set(out + at + 3 * apart, added(control, memory, block, at + 3 * apart, next(bias, 3 * apart), t3));
        }
    }

    /** The address of the bias so many rows on, or -1. */
    private static int next(int bias, int rows) {
        return bias < 0 ? bias : bias + rows;
    }

    private static float swiglu(float gate, float up) { return gate / (1f + TornadoMath.exp(-gate)) * up; }

    private static float added(IntArray control, FloatArray memory, int block, int at, int bias, float sum) {
        int residual = control.get(block + 6);
        float biased = bias < 0 ? sum : sum + memory.get(bias);
        return residual < 0 ? biased : memory.get(residual + at) + biased;
    }

    private static float scale(FloatArray memory, int x, int k, int eps) {
        float sum = 0f;
        int n = eps < 0 ? 0 : k;
        for (int i = 0; i < n; i++) sum += memory.get(x + i) * memory.get(x + i);
        return eps < 0 ? 1f : 1f / TornadoMath.sqrt(sum / k + memory.get(eps));
    }

    // ---- tiles: those of the first matrix, then the second's, then the third's; in pairs there are only the first's

    /** How many rows there are between an item's rows of a matrix, which is how many tiles it has: a quarter of all, or half. */
    private static int apart(IntArray control, int block, int part) {
        int streams = control.get(block + 16) == 1 ? 2 : 4;
        return (control.get(part + 1) + streams - 1) / streams;
    }

    private static int tilesOf(IntArray control, int block, int index) {
        return control.get(block + 16) == 1 && index > 0 ? 0 : apart(control, block, block + 7 + 3 * index);
    }

    private static int tiles(IntArray control, int block) {
        return tilesOf(control, block, 0) + tilesOf(control, block, 1) + tilesOf(control, block, 2);
    }

    private static int index(IntArray control, int block, int tile) {
        int first = tilesOf(control, block, 0);
        return tile < first ? 0 : tile < first + tilesOf(control, block, 1) ? 1 : 2;
    }

    /** Where the arguments of a tile's matrix begin. */
    private static int part(IntArray control, int block, int tile) {
        return block + 7 + 3 * index(control, block, tile);
    }

    /** The first row of a tile in its matrix. */
    private static int row(IntArray control, int block, int tile) {
        int index = index(control, block, tile);
        return tile - (index == 0 ? 0 : index == 1 ? tilesOf(control, block, 0)
                : tilesOf(control, block, 0) + tilesOf(control, block, 1));
    }

    /** A tile's stream of four as a row of its matrix; beyond the last one the last again, whose result is left out. */
    private static int within(IntArray control, int block, int part, int row, int stream) {
        int own = control.get(block + 16) == 1 ? stream % 2 : stream;
        return Math.min(row + own * apart(control, block, part), control.get(part + 1) - 1);
    }

    /** The matrix of a tile's third and fourth stream: in pairs the second. */
    private static int other(IntArray control, int block, int part) {
        return control.get(control.get(block + 16) == 1 ? block + 10 : part);
    }
}
