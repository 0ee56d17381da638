package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/**
 * Activations times the transpose of a weight: {@code out[i, r] = Σ_c x[i, c] · w[r, c]}, the weight in any type, read
 * where it lies. Three ways, by the number m of activation rows:
 * <ul>
 * <li>m = 1: one weight row after the other at the speed of memory;
 * <li>m &lt; {@value #FEW}: four weight rows are decoded to the cache and meet all activation rows there;
 * <li>more: activations are transposed and packed once, blocks of weight rows are decoded once for up to 512 of them,
 *     and {@link Tile} multiplies the two (after Goto and van de Geijn, "Anatomy of high-performance matrix
 *     multiplication", with the operands' roles exchanged, so that weights need no transposition).
 * </ul>
 */
public final class MatrixProduct {

    private static final int FEW = 12;

    /** Weight elements that are worth waking another thread for. */
    private static final int GRAIN = 16 * 1024;

    /** Columns decoded at a time where few activation rows meet them. */
    private static final int STRETCH = 2048;

    /** Activation rows that share a decoded block of weight rows, and the most floats that their packed form may take. */
    private static final int MAX_PACKED_ROWS = 512;
    private static final int MAX_PACKED = 4 << 20;

    /** Weight rows of a decoded block at most: 96 rows of 256 floats fit the second-level cache beside their results. */
    private static final int BLOCK_ROWS = 8 * Tile.ROWS;

    private static final int PAD = 16;

    private MatrixProduct() {}

    /**
     * A window of a weight: {@code out[i·outStride + r] = Σ_c x[i·xStride + c] · w[rowFrom + r, columnFrom + c]} for
     * i &lt; m, r &lt; rows, c &lt; columns. Strides in elements; rows in canonical order; {@code out} must not overlap {@code x}.
     */
    public static void multiply(MemorySegment x, long xStride, int m, Weight w, int rowFrom, int rows, int columnFrom, int columns,
                                MemorySegment out, long outStride) {
        try {
            Objects.checkFromIndexSize(rowFrom, rows, w.rows());
            Objects.checkFromIndexSize(columnFrom, columns, w.columns());
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("rows " + rowFrom + "+" + rows + ", columns " + columnFrom + "+" + columns
                    + " are no window of " + w.name() + ", " + w.rows() + "×" + w.columns(), e);
        }
        long from = Memory.address(x, Memory.extent(m, xStride, columns), "the product's input");
        long to = Memory.address(out, Memory.extent(m, outStride, rows), "the product's output");
        multiply(from, xStride, m, Rows.of(w), rowFrom, rows, columnFrom, columns, to, outStride);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(out);
    }

    /** The whole weight, matrices contiguous: x [m, w.columns] to out [m, w.rows]. */
    public static void multiply(MemorySegment x, int m, Weight w, MemorySegment out) {
        multiply(x, w.columns(), m, w, 0, w.rows(), 0, w.columns(), out, w.rows());
    }

    /** The most memory that products keep for packed and decoded blocks, all threads together. */
    public static long scratchBytes() {
        long shared = MAX_PACKED;
        long each = BLOCK_ROWS * (Tile.STRIDE + MAX_PACKED_ROWS + PAD + 2L * Tile.WIDTH) + 4L * (STRETCH + PAD);
        return Float.BYTES * (shared + Threads.count() * each);
    }

    static void multiply(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        if (m == 0 || n == 0) return;
        if (m == 1) {
            one(x, w, rowFrom, n, columnFrom, k, out);
        } else if (m < FEW) {
            few(x, xStride, m, w, rowFrom, n, columnFrom, k, out, outStride);
        } else {
            int block = Math.clamp(MAX_PACKED / Math.max(1, k) / Tile.WIDTH * Tile.WIDTH, Tile.WIDTH, MAX_PACKED_ROWS);
            for (int i = 0; i < m; i += block) {
                many(x + 4 * i * xStride, xStride, Math.min(block, m - i), w, rowFrom, n, columnFrom, k, out + 4 * i * outStride, outStride);
            }
        }
    }

    private static void one(long x, Rows w, int rowFrom, int n, int columnFrom, int k, long out) {
        float[] input = Scratch.mine().get(Use.PACKED_X, k);
        Memory.load(x, k, input, 0);
        Threads.range(n, Math.max(1, GRAIN / Math.max(1, k)), (from, to) -> {
            if (w.type() == DType.F32) {
                for (int r = from; r < to; r++) Memory.set(out + 4L * r, Dot.inPlace(input, 0, w.address(rowFrom + r, columnFrom), k));
                return;
            }
            float[] row = Scratch.mine().get(Use.ROWS, STRETCH);
            for (int r = from; r < to; r++) {
                float sum = 0;
                for (int c = 0; c < k; c += STRETCH) {
                    int stretch = Math.min(STRETCH, k - c);
                    w.read(rowFrom + r, columnFrom + c, stretch, row, 0);
                    sum += Dot.of(input, c, row, 0, stretch);
                }
                Memory.set(out + 4L * r, sum);
            }
        });
    }

    private static void few(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        int stride = k + PAD;
        int even = m + m % 2;
        float[] input = Scratch.mine().get(Use.PACKED_X, even * stride);
        for (int i = 0; i < even; i++) Memory.load(x + 4 * Math.min(i, m - 1) * xStride, k, input, i * stride);
        Threads.range((n + 3) / 4, Math.max(1, GRAIN / 4 / Math.max(1, k)), (from, to) -> {
            float[] rows = Scratch.mine().get(Use.ROWS, 4 * (STRETCH + PAD));
            float[] results = Scratch.mine().get(Use.RESULTS, 4 * FEW);
            for (int r = 4 * from; r < Math.min(4 * to, n); r += 4) {
                Arrays.fill(results, 0, 4 * even, 0);
                for (int c = 0; c < k; c += STRETCH) {
                    int stretch = Math.min(STRETCH, k - c);
                    for (int j = 0; j < 4; j++) {
                        w.read(rowFrom + Math.min(r + j, n - 1), columnFrom + c, stretch, rows, j * (STRETCH + PAD));
                    }
                    for (int i = 0; i < even; i += 2) {
                        Dot.twoByFour(input, i * stride + c, stride, rows, 0, STRETCH + PAD, stretch, results, 4 * i, 4);
                    }
                }
                for (int i = 0; i < m; i++) Memory.store(results, 4 * i, Math.min(4, n - r), out + 4 * (i * outStride + r));
            }
        });
    }

    private static void many(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        int padded = (m + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        float[] packed = Scratch.mine().get(Use.PACKED_X, padded * k);
        int panels = (padded + Tile.WIDTH - 1) / Tile.WIDTH;
        Threads.range(panels, 1, (from, to) -> {
            for (int p = from; p < to; p++) pack(x, xStride, m, k, p * Tile.WIDTH, padded, packed);
        });
        int block = Math.clamp((n / (4 * Threads.count()) + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS, Tile.ROWS, BLOCK_ROWS);
        Threads.range((n + block - 1) / block, 1, (from, to) -> {
            for (int b = from; b < to; b++) {
                int r = b * block;
                multiplyBlock(packed, padded, m, w, rowFrom + r, Math.min(block, n - r), columnFrom, k, out + 4L * r, outStride);
            }
        });
    }

    /**
     * Activation rows {@code first … first+WIDTH-1}, transposed: for each DEPTH of the common dimension, panels of
     * [depth, width] one after the other. Rows past the last are zero.
     */
    private static void pack(long x, long xStride, int m, int k, int first, int padded, float[] packed) {
        int width = Math.min(Tile.WIDTH, padded - first);
        int rows = Math.min(width, m - first);
        float[] strip = Scratch.mine().get(Use.PANEL, BLOCK_ROWS * Tile.STRIDE);
        for (int c = 0; c < k; c += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, k - c);
            for (int i = 0; i < rows; i++) Memory.load(x + 4 * ((first + i) * xStride + c), depth, strip, i * Tile.STRIDE);
            for (int i = rows; i < width; i++) Arrays.fill(strip, i * Tile.STRIDE, i * Tile.STRIDE + depth, 0);
            Transpose.transpose(strip, 0, Tile.STRIDE, width, depth, packed, c * padded + first * depth, width);
        }
    }

    /** Up to BLOCK_ROWS weight rows times all packed activations. */
    private static void multiplyBlock(float[] packed, int padded, int m, Rows w, int row, int n, int columnFrom, int k, long out, long outStride) {
        Scratch scratch = Scratch.mine();
        float[] panel = scratch.get(Use.PANEL, BLOCK_ROWS * Tile.STRIDE);
        int stride = padded + PAD;
        int tiled = (n + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;   // the last tile may hold rows of no meaning
        float[] results = scratch.get(Use.RESULTS, tiled * stride);
        Arrays.fill(results, 0, tiled * stride, 0);
        for (int c = 0; c < k; c += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, k - c);
            for (int r = 0; r < n; r++) w.read(row + r, columnFrom + c, depth, panel, r * Tile.STRIDE);
            for (int i = 0; i < padded; i += Tile.WIDTH) {
                boolean wide = i + Tile.WIDTH <= padded;
                int at = c * padded + i * depth;
                for (int r = 0; r < n; r += Tile.ROWS) {
                    if (wide) Tile.wide(panel, r * Tile.STRIDE, packed, at, depth, results, r * stride + i, stride);
                    else Tile.narrow(panel, r * Tile.STRIDE, packed, at, depth, results, r * stride + i, stride);
                }
            }
        }
        unpack(results, stride, n, m, out, outStride);
    }

    /** results [n, m], rows {@code stride} apart, to out [m, n]. */
    private static void unpack(float[] results, int stride, int n, int m, long out, long outStride) {
        float[] strip = Scratch.mine().get(Use.ROWS, Tile.WIDTH * BLOCK_ROWS);
        for (int i = 0; i < m; i += Tile.WIDTH) {
            int width = Math.min(Tile.WIDTH, m - i);
            Transpose.transpose(results, i, stride, n, width, strip, 0, BLOCK_ROWS);
            for (int j = 0; j < width; j++) Memory.store(strip, j * BLOCK_ROWS, n, out + 4 * ((i + j) * outStride));
        }
    }
}
