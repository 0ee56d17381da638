package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A few rows of activations times up to three matrices, for decoding, which waits for little else than the weights.
 *
 * <pre>
 *   x [lines, k] · gain [k] --+--> W0 [rows0, k] -> out0 [lines, rows0]   out = residual + scale · (x · gain) Wᵀ + bias
 *                             +--> W1 [rows1, k] -> out1
 *                             +--> W2 [rows2, k] -> out2                  scale = 1 / sqrt(mean(x²) + eps)
 *
 *   in pairs:                      W0, W1 [rows0, k] -> out0 = SiLU(gate) · up, where gate is W0's product and up W1's
 * </pre>
 *
 * With a gain and eps it is an RMSNorm and the products that read it (queries, keys and values; gate and up) in one
 * launch; in pairs it is SwiGLU too; with a residual it is the last step of a sub-layer.
 *
 * <p>The kernels are in {@link MatrixVectorLanesF32} for CPUs and {@link MatrixVectorGroupsF32} for GPUs, and in their
 * copies for other types. This class has their arguments and what the CPU kernels share.
 */
public final class MatrixVector {

    /** Arguments of all these kernels. */
    public interface FewRows {
        /** Activations [lines, k]. */
        int X = 1, LINES = 2, K = 3;
        /** Gain [k], ones without a norm. */
        int GAIN = 4;
        /** Address of eps, or -1 to leave x unscaled. */
        int EPS = 5;
        /** Residual stream [lines, rows], or -1. */
        int RESIDUAL = 6;
        /** The matrices. Those that are not used have no rows. */
        int MATRIX_0 = 7, ROWS_0 = 8, OUT_0 = 9, MATRIX_1 = 10, ROWS_1 = 11, OUT_1 = 12, MATRIX_2 = 13, ROWS_2 = 14,
                OUT_2 = 15;
        /** One where the first two matrices are gate and up of SwiGLU, else zero. Only CPU kernels know pairs. */
        int PAIRS = 16;
        /** Bias of each matrix [rows], or -1, as always in pairs. */
        int BIAS_0 = 17, BIAS_1 = 18, BIAS_2 = 19;
    }

    /** Arguments of a matrix that come together. */
    public static final int PER_MATRIX = 3;

    /** The most rows of activations. */
    static final int MOST_LINES = 8;

    private MatrixVector() {}

    // ---- results

    /** Stores a tile's four sums, those beyond the matrix left out. */
    static void store(IntArray control, FloatArray memory, int block, int part, int line, int row, float t0,
            float t1, float t2, float t3) {
        int rows = control.get(part + FewRows.ROWS_0), apart = apart(control, block, part), at = line * rows + row,
                out = control.get(part + FewRows.OUT_0);
        boolean pairs = control.get(block + FewRows.PAIRS) == 1;
        int bias = next(control.get(block + FewRows.BIAS_0 + (part - block) / PER_MATRIX), row);
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

    /** Returns the address of the bias so many rows on, or -1. */
    private static int next(int bias, int rows) {
        return bias < 0 ? bias : bias + rows;
    }

    private static float swiglu(float gate, float up) { return gate / (1f + TornadoMath.exp(-gate)) * up; }

    private static float added(IntArray control, FloatArray memory, int block, int at, int bias, float sum) {
        int residual = control.get(block + FewRows.RESIDUAL);
        float biased = bias < 0 ? sum : sum + memory.get(bias);
        return residual < 0 ? biased : memory.get(residual + at) + biased;
    }

    /** Returns what a row of products is multiplied by: the inverse of its norm's scale, or one. */
    static float scale(FloatArray memory, int x, int k, int eps) {
        float sum = 0f;
        int n = eps < 0 ? 0 : k;
        for (int i = 0; i < n; i++) sum += memory.get(x + i) * memory.get(x + i);
        return eps < 0 ? 1f : 1f / TornadoMath.sqrt(sum / k + memory.get(eps));
    }

    // ---- tiles of four rows: those of the first matrix, then the second's, then the third's; in pairs the first's

    /**
     * Returns how many rows lie between a tile's rows of a matrix, which is how many tiles it has: a quarter, or half.
     */
    private static int apart(IntArray control, int block, int part) {
        int streams = control.get(block + FewRows.PAIRS) == 1 ? 2 : 4;
        return (control.get(part + FewRows.ROWS_0) + streams - 1) / streams;
    }

    private static int tilesOf(IntArray control, int block, int index) {
        return control.get(block + FewRows.PAIRS) == 1 && index > 0 ? 0
                : apart(control, block, block + PER_MATRIX * index);
    }

    static int tiles(IntArray control, int block) {
        return tilesOf(control, block, 0) + tilesOf(control, block, 1) + tilesOf(control, block, 2);
    }

    private static int index(IntArray control, int block, int tile) {
        int first = tilesOf(control, block, 0);
        return tile < first ? 0 : tile < first + tilesOf(control, block, 1) ? 1 : 2;
    }

    /**
     * Returns what the other methods, and a kernel, read the arguments of a tile's matrix by: the block, moved on so
     * that the names of the first matrix are those of this one.
     */
    static int part(IntArray control, int block, int tile) {
        return block + PER_MATRIX * index(control, block, tile);
    }

    /** Returns the first row of a tile in its matrix. */
    static int row(IntArray control, int block, int tile) {
        int index = index(control, block, tile);
        return tile - (index == 0 ? 0 : index == 1 ? tilesOf(control, block, 0)
                : tilesOf(control, block, 0) + tilesOf(control, block, 1));
    }

    /** Returns the row of a tile's stream in its matrix; beyond the last row the last again, whose sum is left out. */
    static int within(IntArray control, int block, int part, int row, int stream) {
        int own = control.get(block + FewRows.PAIRS) == 1 ? stream % 2 : stream;
        return Math.min(row + own * apart(control, block, part), control.get(part + FewRows.ROWS_0) - 1);
    }

    /**
     * Returns the matrix of a tile's third and fourth stream: in pairs the second matrix, else that of the first two.
     */
    static int other(IntArray control, int block, int part) {
        return control
                .get(control.get(block + FewRows.PAIRS) == 1 ? block + FewRows.MATRIX_1 : part + FewRows.MATRIX_0);
    }
}
