package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.Weight;

/**
 * Activations times the transpose of a weight: {@code out[i, r] = Σ_c x[i, c] · w[r, c]}, the weight in any type, read
 * where it lies. The way depends on the number m of activation rows:
 * <ul>
 * <li>one: {@link MatrixVector}, where it has a kernel for the type;
 * <li>m &lt; {@value #FEW}: four weight rows are decoded to the first-level cache and meet all activation rows there, at
 *     the speed of memory if these are few enough;
 * <li>more: activations are transposed and packed once, blocks of weight rows are decoded once for up to 512 of them,
 *     and {@link Tile} multiplies the two (after Goto and van de Geijn, "Anatomy of high-performance matrix
 *     multiplication", with the operands' roles exchanged, so that weights need no transposition).
 * </ul>
 */
public final class MatrixProduct {

    private static final int FEW = 13;

    /** Weight elements that are worth waking another thread for. */
    private static final int GRAIN = 16 * 1024;

    /** Columns of a row decoded at a time where few activation rows meet them, and how many of those fit the first-level cache. */
    private static final int STRETCH = 2048;
    private static final int CHUNK = 512;

    /** Activation rows that share a decoded block of weight rows, and the most floats that their packed form may take. */
    private static final int MAX_PACKED_ROWS = 512;
    private static final int MAX_PACKED = 4 << 20;

    /** Weight rows of a decoded block at most: 192 rows of 256 floats fit the second-level cache beside their results. */
    private static final int BLOCK_ROWS = 16 * Tile.ROWS;

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
        long each = BLOCK_ROWS * (Tile.STRIDE + (long) MAX_PACKED_ROWS) + 4L * STRETCH;
        return Float.BYTES * (shared + Threads.count() * each);
    }

    static void multiply(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        if (m == 0 || n == 0) return;
        if (k == 0) throw new IllegalArgumentException("a product over no columns");
        if (m == 1 && MatrixVector.takes(w, columnFrom, k)) {
            MatrixVector.multiply(x, w, rowFrom, n, columnFrom, k, out);
        } else if (m < FEW) {
            few(x, xStride, m, w, rowFrom, n, columnFrom, k, out, outStride);
        } else {
            int block = Math.clamp(MAX_PACKED / Math.max(1, k) / Tile.WIDTH * Tile.WIDTH, Tile.WIDTH, MAX_PACKED_ROWS);
            for (int i = 0; i < m; i += block) {
                many(x + 4 * i * xStride, xStride, Math.min(block, m - i), w, rowFrom, n, columnFrom, k, out + 4 * i * outStride, outStride);
            }
        }
    }

    private static void few(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        Threads.range((n + 3) / 4, Math.max(1, GRAIN / 4 / k), (from, to) -> {
            float[] decoded = Scratch.mine().get(Use.ROWS, 4 * STRETCH);
            float[] sums = Scratch.mine().get(Use.RESULTS, 4 * (FEW + 3) * LANES);   // [m, 4, LANES]
            float[] results = new float[4 * (FEW + 3)];
            int tiled = (m + 3) / 4 * 4;
            for (int r = 4 * from; r < Math.min(4 * to, n); r += 4) {
                int count = Math.min(4, n - r);
                Arrays.fill(sums, 0, 4 * tiled * LANES, 0);
                fourRows(x, 4 * xStride, m, w, rowFrom + r, count, columnFrom, k, decoded, sums);
                Dot.reduce(sums, 4 * m, results, 0);
                for (int i = 0; i < m; i++) Memory.store(results, 4 * i, count, out + 4 * (i * outStride + r));
            }
        });
    }

    /** Activation rows, {@code stride} bytes apart, times up to four weight rows, which are decoded a stretch at a time. */
    private static void fourRows(long x, long stride, int m, Rows w, int row, int count, int column, int k, float[] decoded, float[] sums) {
        for (int c = 0; c < k; c += STRETCH) {
            int stretch = Math.min(STRETCH, k - c);
            w.read(row, count, column + c, stretch, decoded, 0, stretch);
            if (m == 1) {
                Dot.oneByFour(x + 4L * c, decoded, 0, stretch, stretch, sums);
                continue;
            }
            for (int d = 0; d < stretch; d += CHUNK) {
                fourByFour(x + 4L * (c + d), stride, m, decoded, d, stretch, Math.min(CHUNK, stretch - d), sums);
            }
        }
    }

    /** sums [m, 4, LANES] += activation rows times four decoded rows; past the last activation row it is taken again. */
    private static void fourByFour(long x, long stride, int m, float[] rows, int at, int rowStride, int n, float[] sums) {
        for (int i = 0; i < m; i += 4) {
            long last = x + (m - 1) * stride, x0 = x + i * stride;
            Dot.fourByFour(x0, Math.min(last, x0 + stride), Math.min(last, x0 + 2 * stride), Math.min(last, x0 + 3 * stride),
                    rows, at, rowStride, n, sums, 4 * i * LANES);
        }
    }

    private static void many(long x, long xStride, int m, Rows w, int rowFrom, int n, int columnFrom, int k, long out, long outStride) {
        int padded = (m + LANES - 1) / LANES * LANES;
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
        for (int c = 0; c < k; c += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, k - c);
            int at = c * padded + first * depth;
            if (rows < width) Arrays.fill(packed, at, at + depth * width, 0);
            Transpose.load(x + 4 * (first * xStride + c), 4 * xStride, rows, depth, packed, at, width);
        }
    }

    /** Up to BLOCK_ROWS weight rows times all packed activations. */
    private static void multiplyBlock(float[] packed, int padded, int m, Rows w, int row, int n, int columnFrom, int k, long out, long outStride) {
        Scratch scratch = Scratch.mine();
        float[] panel = scratch.get(Use.PANEL, BLOCK_ROWS * Tile.STRIDE);
        int tiled = (n + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;   // the last tile may hold rows of no meaning
        float[] results = scratch.get(Use.RESULTS, tiled * padded);   // [panel, tile, ROWS, width]
        for (int c = 0; c < k; c += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, k - c);
            for (int r = 0; r < n; r++) w.read(row + r, columnFrom + c, depth, panel, r * Tile.STRIDE);
            for (int i = 0; i < padded; i += Tile.WIDTH) {
                int width = Math.min(Tile.WIDTH, padded - i);
                int at = c * padded + i * depth;
                for (int r = 0; r < n; r += Tile.ROWS) {
                    int tile = i * tiled + r * width;
                    float[] from = c == 0 ? Tile.ZEROS : results;
                    int start = c == 0 ? 0 : tile;
                    if (width == Tile.WIDTH) Tile.wide(panel, r * Tile.STRIDE, packed, at, depth, from, start, results, tile);
                    else Tile.narrow(panel, r * Tile.STRIDE, packed, at, depth, from, start, results, tile);
                }
            }
        }
        for (int i = 0; i < m; i += Tile.WIDTH) {
            int width = Math.min(Tile.WIDTH, padded - i);
            Transpose.store(results, i * tiled, width, n, Math.min(width, m - i), out + 4 * i * outStride, 4 * outStride);
        }
    }
}
