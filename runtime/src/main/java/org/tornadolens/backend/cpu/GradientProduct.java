package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.Weight;

/**
 * The two products of a linear layer's backward pass, {@code out[i, j] = Σ_k a[i, k] · b[k, j]}:
 * <ul>
 * <li>through the weight, dx = dy · W: a is dy as it lies, b the weight;
 * <li>of the weight, dW = dyᵀ · x: a is dy read upright, b the activations.
 * </ul>
 * Nothing is transposed: b is packed into panels of a tile's width, shared by all threads; rows of a go through {@link Tile}
 * as they lie, and so do the results.
 */
final class GradientProduct {

    /** The most floats that the packed operand may take, and rows of a that one task takes at most. */
    private static final int MAX_PACKED = 4 << 20;
    private static final int BLOCK_ROWS = 12 * Tile.ROWS;

    private GradientProduct() {}

    /** out[i, c] = Σ_r dy[i, r] · w[rowFrom + r, columnFrom + c] for i &lt; m, r &lt; rows, c &lt; columns; strides in elements. */
    static void throughWeight(MemorySegment dy, long dyStride, int m, Weight w, int rowFrom, int rows, int columnFrom,
            int columns, MemorySegment out, long outStride) {
        long from = Memory.address(dy, Memory.extent(m, dyStride, rows), "the gradient of a product");
        long to = Memory.address(out, Memory.extent(m, outStride, columns), "the gradient of a product's input");
        Rows weight = Rows.of(w);
        new Product(m, rows, columns, from, 4 * dyStride, false,
                (k, j, n, target) -> read(weight, rowFrom + k, columnFrom + j, n, target), to, 4 * outStride).run();
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(out);
    }

    /** out[r, c] = Σ_i dy[i, r] · x[i, c] for i &lt; m, r &lt; rows, c &lt; columns; strides in elements. */
    static void ofWeight(MemorySegment dy, long dyStride, MemorySegment x, long xStride, int m, int rows, int columns,
            MemorySegment out, long outStride) {
        long from = Memory.address(dy, Memory.extent(m, dyStride, rows), "the gradient of a product");
        long by = Memory.address(x, Memory.extent(m, xStride, columns), "a product's input");
        long to = Memory.address(out, Memory.extent(rows, outStride, columns), "the gradient of a weight");
        new Product(rows, m, columns, from, 4 * dyStride, true,
                (k, j, n, target) -> Memory.copy(by + 4 * (k * xStride + j), n, target), to, 4 * outStride).run();
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    private static void read(Rows w, int row, int column, int n, long target) {
        float[] decoded = Scratch.mine().get(Use.ROWS, Tile.WIDTH);
        w.read(row, column, n, decoded, 0);
        Memory.store(decoded, 0, n, target);
    }

    /** Copies b[k, j … j+n-1], at most a tile's width. */
    private interface Operand {
        void read(int k, int j, int n, long target);
    }

    /**
     * @param m       rows of a and out
     * @param depth   the common dimension
     * @param n       columns of b and out
     * @param upright whether a lies as [depth, m] rather than [m, depth]
     * @param aStride bytes from one stored row of a to the next, as {@code outStride}
     */
    private record Product(int m, int depth, int n, long a, long aStride, boolean upright, Operand b, long out,
            long outStride) {

        void run() {
            if (m == 0 || n == 0) return;
            if (depth == 0) throw new IllegalArgumentException("a product over no rows");
            int most = Math.max(1, MAX_PACKED / depth / Tile.WIDTH) * Tile.WIDTH;
            for (int j = 0; j < n; j += most) columns(j, Math.min(most, n - j));
        }

        /** The product with {@code count} columns of b from column {@code first} on. */
        private void columns(int first, int count) {
            int panels = Panels.count(count);
            long packed = Scratch.mine().memory(Use.PACKED_X, (long) panels * Tile.WIDTH * depth);   // [panel, depth, WIDTH]
            Threads.range(panels, 1, (from, to) -> {
                for (int p = from; p < to; p++)
                    pack(first + p * Tile.WIDTH, Math.min(Tile.WIDTH, count - p * Tile.WIDTH),
                            packed + p * Tile.ROW * depth);
            });
            int block = Math.clamp((m / (4 * Threads.count()) + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS, Tile.ROWS,
                    BLOCK_ROWS);
            Threads.range((m + block - 1) / block, 1, (from, to) -> {
                for (int i = from; i < to; i++) rows(i * block, Math.min(block, m - i * block), first, count, packed);
            });
        }

        private void pack(int column, int width, long panel) {
            if (width < Tile.WIDTH) Memory.clear(panel, (long) Tile.WIDTH * depth);
            for (int k = 0; k < depth; k++) b.read(k, column, width, panel + k * Tile.ROW);
        }

        /** {@code count} rows of a from row {@code first} on, times the packed columns. */
        private void rows(int first, int count, int column, int columns, long packed) {
            int panels = Panels.count(columns), tiled = (count + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;
            Scratch scratch = Scratch.mine();
            float[] rows = scratch.get(Use.PANEL, Math.max(BLOCK_ROWS * Tile.STRIDE, Tile.DEPTH * BLOCK_ROWS));
            long results = scratch.memory(Use.RESULTS, (long) tiled * panels * Tile.WIDTH);   // [panel, tile, ROWS, WIDTH]
            for (int k = 0; k < depth; k += Tile.DEPTH) {
                int n = Math.min(Tile.DEPTH, depth - k);
                if (upright)
                    for (int i = 0; i < n; i++) Memory.load(a + (k + i) * aStride + 4L * first, count, rows, i * tiled);
                else
                    for (int i = 0; i < count; i++)
                        Memory.load(a + (first + i) * aStride + 4L * k, n, rows, i * Tile.STRIDE);
                for (int p = 0; p < panels; p++) {
                    long b = packed + (p * (long) depth + k) * Tile.ROW;
                    for (int r = 0; r < count; r += Tile.ROWS) {
                        long tile = results + (p * tiled + r) * Tile.ROW, before = k == 0 ? Tile.ZEROS : tile;
                        if (upright) Tile.wideUpright(rows, r, tiled, b, n, before, tile);
                        else Tile.wide(rows, r * Tile.STRIDE, b, n, before, tile);
                    }
                }
            }
            for (int i = 0; i < count; i++) {
                long row = out + (first + i) * outStride + 4L * column;
                for (int p = 0; p < panels; p++) {
                    Memory.copy(results + (p * tiled + i) * Tile.ROW, Math.min(Tile.WIDTH, columns - p * Tile.WIDTH),
                            row + p * Tile.ROW);
                }
            }
        }
    }
}
