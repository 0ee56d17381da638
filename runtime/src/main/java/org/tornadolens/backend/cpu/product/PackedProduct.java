package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.memory.Transpose;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;

/**
 * Weights times many activation rows: activations are transposed and packed once, blocks of weight rows are read where
 * they lie or decoded once for up to {@value #MAX_ACTIVATION_ROWS} of them, and {@link InPlaceTile} or {@link Tile}
 * multiplies the two (after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", with the roles
 * of the operands exchanged, so that weights need no transposition).
 */
final class PackedProduct {

    /** Activation rows that share a decoded block of weight rows. */
    private static final int MAX_ACTIVATION_ROWS = 512;

    /** Floats of packed activations, unless a single panel takes more. */
    private static final int MAX_PACKED_FLOATS = 4 << 20;

    /**
     * Weight rows of a block: the more there are, the less often the packed activations, which only the third-level
     * cache holds, are read again. Where few activation rows meet them, smaller blocks balance the threads.
     */
    private static final int MAX_BLOCK_ROWS = 24 * Tile.ROWS, MAX_SMALL_BLOCK_ROWS = 6 * Tile.ROWS;

    /** Up to this many activation rows blocks are small. */
    private static final int MAX_ROWS_OF_SMALL_BLOCKS = 128;

    /** Multiply-adds that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Floats of a decoded block, which fits the second-level cache beside its results. */
    private static final int DECODED_FLOATS = 160 * 1024;

    private PackedProduct() {}

    /** Activation rows that are packed together. */
    private static int rowsPackedTogether(int k) {
        return Math.clamp(MAX_PACKED_FLOATS / Math.max(1, k) / Panels.ROWS * Panels.ROWS, Panels.ROWS,
                MAX_ACTIVATION_ROWS);
    }

    /** Describes what the product of m activation rows in rows works in. */
    static Need scratch(int m, WeightSlice[] slices, int columnFrom, int k) {
        int together = rowsPackedTogether(k);
        return new Need(packed(m, k), ofThread(together, m, slices, columnFrom, k));
    }

    /** Describes what the product of m activation rows in panels works in. */
    static Need scratchOfPanels(int m, WeightSlice[] slices, int columnFrom, int k) {
        return Need.ofEach(ofThread(MAX_ACTIVATION_ROWS, m, slices, columnFrom, k));
    }

    private static Layout packed(int m, int k) {
        return Layout.of(Region.PACKED, (long) Panels.padded(Math.min(m, rowsPackedTogether(k))) * k);
    }

    /** What each thread works in where m activation rows are multiplied {@code together} at a time. */
    private static Layout ofThread(int together, int m, WeightSlice[] slices, int columnFrom, int k) {
        Layout layout = scratchOfBlocks(Cut.of(Math.min(together, m), slices, k), Math.min(together, m), slices,
                columnFrom, k);
        int rest = m > together ? m % together : 0;
        return rest == 0 ? layout : layout.and(scratchOfBlocks(Cut.of(rest, slices, k), rest, slices, columnFrom, k));
    }

    private static Layout scratchOfBlocks(Cut cut, int m, WeightSlice[] slices, int columnFrom, int k) {
        Layout layout = Layout.NONE;
        for (WeightSlice slice : slices) {
            if (!slice.outInPanels())
                layout = layout.and(Region.RESULTS,
                        (long) tiled(Math.min(cut.blockRows, slice.rows())) * Panels.padded(m));
            if (!ProductKernel.Tiles.inPlace(slice.weight(), slice.rows()))   // at least the last block is decoded
                layout = layout.and(Region.TILE_ROWS, DECODED_FLOATS).and(slice.weight().scratch(columnFrom, k));
        }
        return layout;
    }

    /** Rows including those that fill the last tile, whose contents are undefined. */
    private static int tiled(int rows) {
        return (rows + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;
    }

    /**
     * Multiplies m activation rows, {@code stride} floats apart, by columns {@code columnFrom … columnFrom+k-1} of all
     * slices.
     */
    static void multiply(long x, long stride, int m, WeightSlice[] slices, int columnFrom, int k) {
        int together = rowsPackedTogether(k);
        long packed = packed(m, k).address(Region.PACKED);
        for (int i = 0; i < m; i += together) {
            int count = Math.min(together, m - i);
            Panels.packAll(x + 4 * i * stride, 4 * stride, count, k, packed);
            multiply(packed, i, count, slices, columnFrom, k);
        }
    }

    /** Multiplies activations that lie in panels. */
    static void multiplyPanels(long x, int m, WeightSlice[] slices, int columnFrom, int k) {
        for (int i = 0; i < m; i += MAX_ACTIVATION_ROWS)
            multiply(x + 4L * i * k, i, Math.min(MAX_ACTIVATION_ROWS, m - i), slices, columnFrom, k);
    }

    /** Multiplies m packed activation rows; the results of the first are row {@code i} of the output. */
    private static void multiply(long packed, int i, int m, WeightSlice[] slices, int columnFrom, int k) {
        Cut cut = Cut.of(m, slices, k);
        int block = cut.blockRows;
        boolean strided = cut.strided;
        Layout scratch = scratchOfBlocks(cut, m, slices, columnFrom, k);
        Threads.range(WeightSlice.runs(slices, block), (int) Math.max(1, GRAIN / ((long) block * k * m)),
                (from, to) -> WeightSlice.visit(slices, block, from, to, (slice, first, n) -> {
                    for (int r = first; r < first + n; r += block) {
                        Threads.check();
                        new Block(slice, r, Math.min(block, first + n - r), columnFrom, k, strided, scratch)
                                .multiply(packed, i, m);
                    }
                }));
    }

    /** How the weight rows of a product are cut into blocks. */
    private record Cut(int blockRows, boolean strided) {

        static Cut of(int m, WeightSlice[] slices, int k) {
            boolean small = m <= MAX_ROWS_OF_SMALL_BLOCKS;
            int ofThread = tiled(WeightSlice.totalRows(slices) / ((small ? 4 : 2) * Threads.count()));
            if (ProductKernel.Tiles.strided(m, ofThread, k))
                return new Cut(ProductKernel.Tiles.ROW_STRIDE * Tile.ROWS, true);
            return new Cut(Math.clamp(ofThread, Tile.ROWS, small ? MAX_SMALL_BLOCK_ROWS : MAX_BLOCK_ROWS), false);
        }
    }

    /** Rows {@code row … row+n-1} of a slice. */
    private record Block(WeightSlice slice, int row, int n, int columnFrom, int k, boolean strided, Layout scratch) {

        /** Multiplies the rows by m packed activations, whose results are the output's rows from row i on. */
        void multiply(long packed, int i, int m) {
            WeightRows weight = slice.weight();
            ProductKernel.Tiles tiles =
                    ProductKernel.Tiles.choose(m, weight, n, k, strided, slice.outInPanels());
            if (slice.outInPanels()) {
                multiply(tiles, packed, m, slice.out() + 4 * i * slice.outStride() + row * Tile.ROW,
                        slice.outStride() * Tile.ROW);
                return;
            }
            long results = scratch.address(Region.RESULTS);
            if (tiles == ProductKernel.Tiles.STRIDED) {
                multiplyStrided(packed, m, results, slice.out() + 4 * (i * slice.outStride() + row));
                return;
            }
            int tiled = tiled(n);
            multiply(tiles, packed, m, results, tiled * Tile.ROW);
            for (int j = 0; j < m; j += Tile.WIDTH) {
                Transpose.byColumns(results + 4L * j * tiled, Tile.ROW, n, Math.min(Tile.WIDTH, m - j),
                        slice.out() + 4 * ((i + j) * slice.outStride() + row), 4 * slice.outStride());
            }
        }

        /** Multiplies to panels [panel, row, WIDTH], {@code panelBytes} from one to the next. */
        private void multiply(ProductKernel.Tiles tiles, long packed, int m, long results, long panelBytes) {
            switch (tiles) {
                case END_TO_END -> multiplyInPlace(packed, m, k, results, panelBytes);
                case IN_PLACE -> multiplyInPlace(packed, m, Tile.DEPTH, results, panelBytes);
                case DECODED -> multiplyDecoded(packed, m, results, panelBytes);
                case STRIDED -> throw new IllegalArgumentException("results of strided tiles are put in order");
            }
        }

        /** @param step columns that all panels meet before the next columns are taken */
        private void multiplyInPlace(long packed, int m, int step, long results, long panelBytes) {
            long stride = slice.weight().rowBytes();
            InPlaceTile tiles = InPlaceTile.of(stride);
            for (int c = 0; c < k; c += step) {
                long rows = slice.weight().address(slice.firstRow() + row, columnFrom + c);
                int depth = Math.min(step, k - c);
                for (int p = 0; p < Panels.count(m); p++) {
                    long columns = packed + (p * (long) k + c) * Tile.ROW;
                    boolean wide = m - p * Tile.WIDTH > LANES;
                    for (int r = 0; r < n; r += Tile.ROWS) {
                        long tile = results + p * panelBytes + r * Tile.ROW, from = c == 0 ? Tile.ZEROS : tile;
                        if (wide) tiles.wide(rows + r * stride, columns, depth, from, tile);
                        else tiles.narrow(rows + r * stride, columns, depth, from, tile);
                    }
                }
            }
        }

        /**
         * Multiplies one panel by tiles of every ROW_STRIDEth row, to results [t, ROWS, WIDTH] for tiles of the rows
         * {@code t, t + ROW_STRIDE, …}, and copies these to the output in order.
         */
        private void multiplyStrided(long packed, int m, long results, long out) {
            int apart = ProductKernel.Tiles.ROW_STRIDE;
            InPlaceTile tiles = InPlaceTile.of(apart * slice.weight().rowBytes());
            for (int t = 0; t < apart; t++) {
                long rows = slice.weight().address(slice.firstRow() + row + t, columnFrom),
                        tile = results + t * Tile.ROWS * Tile.ROW;
                if (m > LANES) tiles.wide(rows, packed, k, Tile.ZEROS, tile);
                else tiles.narrow(rows, packed, k, Tile.ZEROS, tile);
            }
            for (int j = 0; j < Tile.ROWS; j++) {
                Transpose.byColumns(results + j * Tile.ROW, Tile.ROWS * Tile.ROW, apart, m, out + 4L * j * apart,
                        4 * slice.outStride());
            }
        }

        private void multiplyDecoded(long packed, int m, long results, long panelBytes) {
            int tiled = tiled(n);
            int span = Math.max(1, DECODED_FLOATS / (tiled * Tile.STRIDE)) * Tile.DEPTH;   // columns decoded at a time
            float[] decoded = scratch.array(Region.TILE_ROWS);
            for (int c = 0; c < k; c += Tile.DEPTH) {
                if (c % span == 0) decode(c, Math.min(span, k - c), decoded);
                int depth = Math.min(Tile.DEPTH, k - c), start = c % span / Tile.DEPTH * tiled * Tile.STRIDE;
                for (int p = 0; p < Panels.count(m); p++) {
                    multiply(decoded, start, packed + (p * (long) k + c) * Tile.ROW, depth, m - p * Tile.WIDTH > LANES,
                            c == 0, results + p * panelBytes);
                }
            }
        }

        /** Decodes columns {@code c … c+count-1} to [depth block, row, DEPTH], each row from end to end. */
        private void decode(int c, int count, float[] decoded) {
            int tiled = tiled(n);
            for (int r = 0; r < n; r++) {
                for (int d = 0, at = r; d < count; d += Tile.DEPTH, at += tiled) {
                    slice.weight().read(slice.firstRow() + row + r, columnFrom + c + d,
                            Math.min(Tile.DEPTH, count - d), decoded, at * Tile.STRIDE);
                }
            }
        }

        /** Multiplies {@code depth} columns of the decoded rows by one panel of activations. */
        private void multiply(float[] decoded, int start, long packed, int depth, boolean wide, boolean first,
                long results) {
            for (int r = 0; r < n; r += Tile.ROWS) {
                long tile = results + r * Tile.ROW, from = first ? Tile.ZEROS : tile;
                if (wide) Tile.wide(decoded, start + r * Tile.STRIDE, packed, depth, from, tile);
                else Tile.narrow(decoded, start + r * Tile.STRIDE, packed, depth, from, tile);
            }
        }
    }
}
