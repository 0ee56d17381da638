package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.Arrays;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;

/**
 * Weights times many activation rows: activations are transposed and packed once, blocks of weight rows are read where they
 * lie, or decoded once for up to {@value #MAX_ROWS} of them, and {@link InPlaceTile} or {@link Tile} multiplies the two (after
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", with the operands' roles exchanged, so that
 * weights need no transposition).
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

    /**
     * Where only one panel meets rows of weights, memory decides: it is read fastest as streams that go straight on. Rows of more
     * columns than this are multiplied from end to end; of shorter ones a tile takes every {@link #APART}th, so that what the
     * next tile takes follows in memory.
     */
    private static final int LONG = 1024;
    private static final int APART = 8;

    /** Multiply-adds that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Floats of a decoded block: they fit the second-level cache beside their results. */
    private static final int PANEL = 160 * 1024;

    private PackedProduct() {}

    /** Floats kept by the thread that packs, and by each that multiplies. */
    static long sharedScratch(int m, int k) {
        return (long) Panels.padded(Math.min(m, most(k))) * k;
    }

    static long scratchOfThread(int m, int k) {
        return PANEL + BLOCK_ROWS * (long) Panels.padded(Math.min(m, most(k)));
    }

    /** Activation rows that are packed together. */
    private static int most(int k) {
        return Math.clamp(MAX_PACKED / Math.max(1, k) / Tile.WIDTH * Tile.WIDTH, Tile.WIDTH, MAX_ROWS);
    }

    /** Activation rows {@code stride} floats apart, m of them, times all parts, columns {@code columnFrom … columnFrom+k-1}. */
    static void multiply(long x, long stride, int m, Part[] parts, int columnFrom, int k) {
        int most = most(k);
        long packed = Scratch.mine().memory(Use.PACKED_X, (long) Panels.padded(Math.min(m, most)) * k);
        for (int i = 0; i < m; i += most) {
            int count = Math.min(most, m - i);
            Panels.packAll(x + 4 * i * stride, 4 * stride, count, k, packed);
            multiply(packed, i, count, parts, columnFrom, k);
        }
    }

    /** The same of activations that lie in panels. */
    static void multiplyPanels(long x, int m, Part[] parts, int columnFrom, int k) {
        for (int i = 0; i < m; i += MAX_ROWS)
            multiply(x + 4L * i * k, i, Math.min(MAX_ROWS, m - i), parts, columnFrom, k);
    }

    /** Some of the activation rows; the first one's results are row {@code i} of the output. */
    private static void multiply(long packed, int i, int m, Part[] parts, int columnFrom, int k) {
        int rows = Arrays.stream(parts).mapToInt(Part::rows).sum();
        int share = (rows / ((m <= FEW ? 4 : 2) * Threads.count()) + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;
        boolean apart = m <= Tile.WIDTH && k <= LONG && share >= APART * Tile.ROWS;
        int block = apart ? APART * Tile.ROWS : Math.clamp(share, Tile.ROWS, m <= FEW ? SMALL_BLOCK_ROWS : BLOCK_ROWS);
        Threads.range(Part.runs(parts, block), (int) Math.max(1, GRAIN / ((long) block * k * m)),
                (from, to) -> Part.visit(parts, block, from, to, (part, first, n) -> {
                    for (int r = first; r < first + n; r += block) {
                        new Block(part, r, Math.min(block, first + n - r), columnFrom, k, apart).multiply(packed, i, m);
                    }
                }));
    }

    /** Rows {@code row … row+n-1} of a part. */
    private record Block(Part part, int row, int n, int columnFrom, int k, boolean apart) {

        /** Whether rows can be multiplied where they lie. */
        private boolean inPlace() {
            return part.w().type() == DType.F32 && part.w().inOrder() && n % Tile.ROWS == 0;
        }

        private int tiled() { return (n + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS; }   // the last tile may hold rows of no meaning

        /** The rows times m packed activations, whose results are the output's from row i on. */
        void multiply(long packed, int i, int m) {
            if (part.inPanels()) {
                multiply(packed, m, part.out() + 4 * i * part.outStride() + row * Tile.ROW,
                        part.outStride() * Tile.ROW);
                return;
            }
            int tiled = tiled();
            long results = Scratch.mine().memory(Use.RESULTS, (long) tiled * Panels.padded(m));
            if (apart && inPlace() && n == APART * Tile.ROWS) {
                multiplyApart(packed, m, results, part.out() + 4 * (i * part.outStride() + row));
                return;
            }
            multiply(packed, m, results, tiled * Tile.ROW);
            for (int j = 0; j < m; j += Tile.WIDTH) {
                Transpose.byColumns(results + 4L * j * tiled, Tile.ROW, n, Math.min(Tile.WIDTH, m - j),
                        part.out() + 4 * ((i + j) * part.outStride() + row), 4 * part.outStride());
            }
        }

        /** The same to panels [panel, row, WIDTH], {@code panelBytes} from one to the next. */
        private void multiply(long packed, int m, long results, long panelBytes) {
            if (inPlace()) multiplyInPlace(packed, m, results, panelBytes);
            else multiplyDecoded(packed, m, results, panelBytes);
        }

        private void multiplyInPlace(long packed, int m, long results, long panelBytes) {
            long stride = part.w().rowBytes();
            InPlaceTile tiles = InPlaceTile.of(stride);
            int step = m <= Tile.WIDTH && k > LONG ? k : Tile.DEPTH;
            for (int c = 0; c < k; c += step) {
                long rows = part.w().address(part.rowFrom() + row, columnFrom + c);
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

        /** One panel times APART tiles, whose rows are the block's {@code t, t + APART, …}: results [t, ROWS, WIDTH], then to rows. */
        private void multiplyApart(long packed, int m, long results, long out) {
            InPlaceTile tiles = InPlaceTile.of(APART * part.w().rowBytes());
            for (int t = 0; t < APART; t++) {
                long rows = part.w().address(part.rowFrom() + row + t, columnFrom),
                        tile = results + t * Tile.ROWS * Tile.ROW;
                if (m > LANES) tiles.wide(rows, packed, k, Tile.ZEROS, tile);
                else tiles.narrow(rows, packed, k, Tile.ZEROS, tile);
            }
            for (int j = 0; j < Tile.ROWS; j++) {
                Transpose.byColumns(results + j * Tile.ROW, Tile.ROWS * Tile.ROW, APART, m, out + 4L * j * APART,
                        4 * part.outStride());
            }
        }

        private void multiplyDecoded(long packed, int m, long results, long panelBytes) {
            int tiled = tiled(), span = Math.max(1, PANEL / (tiled * Tile.STRIDE)) * Tile.DEPTH;   // columns decoded at a time
            float[] panel = Scratch.mine().get(Use.PANEL, PANEL);
            for (int c = 0; c < k; c += Tile.DEPTH) {
                if (c % span == 0) decode(c, Math.min(span, k - c), panel);
                int depth = Math.min(Tile.DEPTH, k - c), start = c % span / Tile.DEPTH * tiled * Tile.STRIDE;
                for (int p = 0; p < Panels.count(m); p++) {
                    multiply(panel, start, packed + (p * (long) k + c) * Tile.ROW, depth, m - p * Tile.WIDTH > LANES,
                            c == 0, results + p * panelBytes);
                }
            }
        }

        /** Columns {@code c … c+count-1} of the rows: [depth block, row, DEPTH], each row read from end to end. */
        private void decode(int c, int count, float[] panel) {
            for (int r = 0; r < n; r++) {
                for (int d = 0, at = r; d < count; d += Tile.DEPTH, at += tiled()) {
                    part.w().read(part.rowFrom() + row + r, columnFrom + c + d, Math.min(Tile.DEPTH, count - d), panel,
                            at * Tile.STRIDE);
                }
            }
        }

        /** One DEPTH of the common dimension and one panel of activations. */
        private void multiply(float[] panel, int start, long packed, int depth, boolean wide, boolean first,
                long results) {
            for (int r = 0; r < n; r += Tile.ROWS) {
                long tile = results + r * Tile.ROW, from = first ? Tile.ZEROS : tile;
                if (wide) Tile.wide(panel, start + r * Tile.STRIDE, packed, depth, from, tile);
                else Tile.narrow(panel, start + r * Tile.STRIDE, packed, depth, from, tile);
            }
        }
    }
}
