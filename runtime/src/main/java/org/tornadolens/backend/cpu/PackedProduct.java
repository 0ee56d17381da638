package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.Arrays;
import org.tornadolens.backend.cpu.Scratch.Use;

/**
 * Weights times many activation rows: activations are transposed and packed once, blocks of weight rows are decoded
 * once for up to {@value #MAX_ROWS} of them, and {@link Tile} multiplies the two (after Goto and van de Geijn, "Anatomy
 * of high-performance matrix multiplication", with the operands' roles exchanged, so that weights need no transposition).
 */
final class PackedProduct {

    /** Activation rows that share a decoded block of weight rows, and the most floats that their packed form may take. */
    private static final int MAX_ROWS = 512;
    private static final int MAX_PACKED = 4 << 20;

    /**
     * Weight rows of a block at most: the more there are, the less often the packed activations, which only the
     * third-level cache holds, are read again. Where few activation rows meet them small blocks keep threads even.
     */
    private static final int BLOCK_ROWS = 24 * Tile.ROWS, SMALL_BLOCK_ROWS = 6 * Tile.ROWS;
    private static final int FEW = 128;

    /** Floats of a decoded block: they fit the second-level cache beside their results. */
    private static final int PANEL = 160 * 1024;

    private PackedProduct() {}

    /** Floats kept by the thread that packs, and by each that multiplies. */
    static long sharedScratch(int m, int k) { return (long) padded(Math.min(m, most(k))) * k; }

    static long scratchOfThread(int m, int k) { return PANEL + BLOCK_ROWS * (long) padded(Math.min(m, most(k))); }

    /** Activation rows that are packed together. */
    private static int most(int k) { return Math.clamp(MAX_PACKED / Math.max(1, k) / Tile.WIDTH * Tile.WIDTH, Tile.WIDTH, MAX_ROWS); }

    private static int padded(int m) { return (m + LANES - 1) / LANES * LANES; }

    /** Activation rows {@code stride} floats apart, m of them, times all parts, columns {@code columnFrom … columnFrom+k-1}. */
    static void multiply(long x, long stride, int m, Part[] parts, int columnFrom, int k) {
        int most = most(k);
        for (int i = 0; i < m; i += most) multiply(x + 4 * i * stride, stride, i, Math.min(most, m - i), parts, columnFrom, k);
    }

    /** Some of the activation rows; the first one's results are row {@code i} of the output. */
    private static void multiply(long x, long stride, int i, int m, Part[] parts, int columnFrom, int k) {
        int padded = padded(m);
        float[] packed = Scratch.mine().get(Use.PACKED_X, padded * k);
        int panels = (padded + Tile.WIDTH - 1) / Tile.WIDTH;
        Threads.range(panels, 1, (from, to) -> {
            for (int p = from; p < to; p++) pack(x, stride, m, k, p * Tile.WIDTH, padded, packed);
        });
        int rows = Arrays.stream(parts).mapToInt(Part::rows).sum();
        int share = (rows / ((padded <= FEW ? 4 : 2) * Threads.count()) + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;
        int block = Math.clamp(share, Tile.ROWS, padded <= FEW ? SMALL_BLOCK_ROWS : BLOCK_ROWS);
        Threads.range(Part.runs(parts, block), 1, (from, to) -> Part.visit(parts, block, from, to, (part, first, n) -> {
            for (int r = first; r < first + n; r += block) {
                new Block(part, r, Math.min(block, first + n - r), columnFrom, k).multiply(packed, padded, m, part.out() + 4 * (i * part.outStride() + r));
            }
        }));
    }

    /**
     * Activation rows {@code first … first+WIDTH-1}, transposed: for each DEPTH of the common dimension, panels of
     * [depth, width] one after the other. Rows past the last are zero.
     */
    private static void pack(long x, long stride, int m, int k, int first, int padded, float[] packed) {
        int width = Math.min(Tile.WIDTH, padded - first);
        int rows = Math.min(width, m - first);
        for (int c = 0; c < k; c += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, k - c);
            int at = c * padded + first * depth;
            if (rows < width) Arrays.fill(packed, at, at + depth * width, 0);
            Transpose.load(x + 4 * (first * stride + c), 4 * stride, rows, depth, packed, at, width);
        }
    }

    /** Rows {@code row … row+n-1} of a part. */
    private record Block(Part part, int row, int n, int columnFrom, int k) {

        private int tiled() { return (n + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS; }   // the last tile may hold rows of no meaning

        /** The rows times all packed activations. */
        void multiply(float[] packed, int padded, int m, long out) {
            int tiled = tiled(), span = Math.max(1, PANEL / (tiled * Tile.STRIDE)) * Tile.DEPTH;   // columns decoded at a time
            float[] panel = Scratch.mine().get(Use.PANEL, PANEL);
            float[] results = Scratch.mine().get(Use.RESULTS, tiled * padded);   // [panel, tile, ROWS, width]
            for (int c = 0; c < k; c += Tile.DEPTH) {
                if (c % span == 0) decode(c, Math.min(span, k - c), panel);
                multiply(panel, c % span / Tile.DEPTH * tiled * Tile.STRIDE, packed, padded, c, results);
            }
            for (int i = 0; i < m; i += Tile.WIDTH) {
                int width = Math.min(Tile.WIDTH, padded - i);
                Transpose.store(results, i * tiled, width, n, Math.min(width, m - i), out + 4 * i * part.outStride(), 4 * part.outStride());
            }
        }

        /** Columns {@code c … c+count-1} of the rows: [depth block, row, DEPTH], each row read from end to end. */
        private void decode(int c, int count, float[] panel) {
            for (int r = 0; r < n; r++) {
                for (int d = 0, at = r; d < count; d += Tile.DEPTH, at += tiled()) {
                    part.w().read(part.rowFrom() + row + r, columnFrom + c + d, Math.min(Tile.DEPTH, count - d), panel, at * Tile.STRIDE);
                }
            }
        }

        /** One DEPTH of the common dimension, from column {@code c} on, which begin at {@code panel[start]}. */
        private void multiply(float[] panel, int start, float[] packed, int padded, int c, float[] results) {
            int depth = Math.min(Tile.DEPTH, k - c), tiled = tiled();
            float[] from = c == 0 ? Tile.ZEROS : results;
            for (int i = 0; i < padded; i += Tile.WIDTH) {
                int width = Math.min(Tile.WIDTH, padded - i);
                int at = c * padded + i * depth;
                for (int r = 0; r < n; r += Tile.ROWS) {
                    int tile = i * tiled + r * width;
                    int before = c == 0 ? 0 : tile;
                    if (width == Tile.WIDTH) Tile.wide(panel, start + r * Tile.STRIDE, packed, at, depth, from, before, results, tile);
                    else Tile.narrow(panel, start + r * Tile.STRIDE, packed, at, depth, from, before, results, tile);
                }
            }
        }
    }
}
