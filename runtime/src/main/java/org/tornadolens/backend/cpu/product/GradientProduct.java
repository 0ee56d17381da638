package org.tornadolens.backend.cpu.product;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.Weight;

/**
 * The two products of a linear layer's backward pass, {@code out[i, j] = Σ_k a[i, k] · b[k, j]}:
 * <ul>
 * <li>through the weight, dx = dy · W: a is dy, b the weight;
 * <li>of the weight, dW = dyᵀ · x: a is dyᵀ, b the activations.
 * </ul>
 * Nothing is transposed: b is packed into panels of a tile's width that all threads share, and {@link Tile} reads a as
 * it lies, in rows or transposed.
 */
public final class GradientProduct {

    /** Floats of the packed operand, unless a single panel takes more. */
    private static final int MAX_PACKED_FLOATS = 4 << 20;

    /** Rows of a that one task takes. */
    private static final int MAX_BLOCK_ROWS = 12 * Tile.ROWS;

    private GradientProduct() {}

    /**
     * Computes out[i, c] = Σ_r dy[i, r] · w[rowFrom + r, columnFrom + c] for i &lt; m, r &lt; rows, c &lt; columns;
     * strides are in elements.
     */
    public static void throughWeight(MemorySegment dy, long dyStride, int m, Weight w, int rowFrom, int rows,
            int columnFrom,
            int columns, MemorySegment out, long outStride) {
        long from = Memory.address(dy, Memory.extent(m, dyStride, rows), "the gradient of a product");
        long to = Memory.address(out, Memory.extent(m, outStride, columns), "the gradient of a product's input");
        WeightRows weight = WeightRows.of(w);
        Layout scratch = scratchOfReads(weight, columnFrom, columns);
        new Product(m, rows, columns, from, 4 * dyStride, false,
                (k, j, n, target) -> read(weight, rowFrom + k, columnFrom + j, n, target, scratch), to, 4 * outStride)
                .run();
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(out);
    }

    /**
     * Computes out[r, c] = Σ_i dy[i, r] · x[i, c] for i &lt; m, r &lt; rows, c &lt; columns; strides are in elements.
     */
    public static void ofWeight(MemorySegment dy, long dyStride, MemorySegment x, long xStride, int m, int rows,
            int columns,
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

    /** Describes what {@link #throughWeight} works in. */
    public static Need scratchThroughWeight(int m, Weight w, int rows, int columnFrom, int columns) {
        return scratch(m, rows, columns).and(Need.ofEach(scratchOfReads(WeightRows.of(w), columnFrom, columns)));
    }

    /** Describes what {@link #ofWeight} works in. */
    public static Need scratchOfWeight(int m, int rows, int columns) {
        return scratch(rows, m, columns);
    }

    private static Layout scratchOfReads(WeightRows w, int columnFrom, int columns) {
        return Layout.of(Region.ROWS, Tile.WIDTH).and(w.scratch(columnFrom, Tile.WIDTH))
                .and(w.scratch(columnFrom, columns));
    }

    /** Describes what a product with the sizes of {@link Product} works in. */
    private static Need scratch(int m, int depth, int n) {
        int columns = Math.min(n, columnsPackedTogether(depth));
        // or [depth, row], which is smaller
        Layout each = Layout.of(Region.TILE_ROWS, (long) MAX_BLOCK_ROWS * Tile.STRIDE)
                .and(Region.RESULTS, (long) tiled(Math.min(blockRows(m), m)) * Panels.padded(columns));
        return new Need(Layout.of(Region.PACKED, (long) Panels.padded(columns) * depth), each);
    }

    /** Columns of b that are packed together. */
    private static int columnsPackedTogether(int depth) {
        return Math.max(1, MAX_PACKED_FLOATS / depth / Tile.WIDTH) * Tile.WIDTH;
    }

    /** Rows of a that one task takes. */
    private static int blockRows(int m) {
        return Math.clamp(tiled(m / (4 * Threads.count())), Tile.ROWS, MAX_BLOCK_ROWS);
    }

    private static int tiled(int rows) { return (rows + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS; }

    private static void read(WeightRows w, int row, int column, int n, long target, Layout scratch) {
        float[] decoded = scratch.array(Region.ROWS);
        w.read(row, column, n, decoded, 0);
        Memory.store(decoded, 0, n, target);
    }

    /** Copies b[k, j … j+n-1], at most a tile's width of columns. */
    private interface Operand {
        void read(int k, int j, int n, long target);
    }

    /**
     * @param m          rows of a and out
     * @param depth      the common dimension
     * @param n          columns of b and out
     * @param transposed whether a lies as [depth, m] rather than [m, depth]
     * @param aStride    bytes from one stored row of a to the next, as {@code outStride} of out
     */
    private record Product(int m, int depth, int n, long a, long aStride, boolean transposed, Operand b, long out,
            long outStride) {

        void run() {
            if (m == 0 || n == 0) return;
            if (depth == 0) throw new IllegalArgumentException("a product over no rows");
            Need need = scratch(m, depth, n);
            int together = columnsPackedTogether(depth);
            for (int j = 0; j < n; j += together) columns(j, Math.min(together, n - j), need);
        }

        /** Computes the product with {@code count} columns of b from column {@code first} on. */
        private void columns(int first, int count, Need need) {
            int panels = Panels.count(count);
            long packed = need.caller().address(Region.PACKED);   // [panel, depth, WIDTH]
            Threads.range(panels, 1, (from, to) -> {
                for (int p = from; p < to; p++)
                    pack(first + p * Tile.WIDTH, Math.min(Tile.WIDTH, count - p * Tile.WIDTH),
                            packed + p * Tile.ROW * depth);
            });
            int block = blockRows(m);
            Threads.range((m + block - 1) / block, 1, (from, to) -> {
                for (int i = from; i < to; i++) {
                    Threads.check();
                    rows(i * block, Math.min(block, m - i * block), first, count, packed, need.each());
                }
            });
        }

        private void pack(int column, int width, long panel) {
            if (width < Tile.WIDTH) Memory.clear(panel, (long) Tile.WIDTH * depth);
            for (int k = 0; k < depth; k++) b.read(k, column, width, panel + k * Tile.ROW);
        }

        /** Multiplies {@code count} rows of a from row {@code first} on by the packed columns. */
        private void rows(int first, int count, int column, int columns, long packed, Layout scratch) {
            int panels = Panels.count(columns), tiled = tiled(count);
            float[] rows = scratch.array(Region.TILE_ROWS);
            long results = scratch.address(Region.RESULTS);   // [panel, tile, ROWS, WIDTH]
            for (int k = 0; k < depth; k += Tile.DEPTH) {
                int n = Math.min(Tile.DEPTH, depth - k);
                if (transposed)
                    for (int i = 0; i < n; i++) Memory.load(a + (k + i) * aStride + 4L * first, count, rows, i * tiled);
                else
                    for (int i = 0; i < count; i++)
                        Memory.load(a + (first + i) * aStride + 4L * k, n, rows, i * Tile.STRIDE);
                for (int p = 0; p < panels; p++) {
                    long b = packed + (p * (long) depth + k) * Tile.ROW;
                    for (int r = 0; r < count; r += Tile.ROWS) {
                        long tile = results + (p * tiled + r) * Tile.ROW, before = k == 0 ? Tile.ZEROS : tile;
                        if (transposed) Tile.wideTransposed(rows, r, tiled, b, n, before, tile);
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
