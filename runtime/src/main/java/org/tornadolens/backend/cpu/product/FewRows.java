package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.Arrays;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;

/**
 * Weights times few activation rows, without packing: four weight rows at a time meet all activation rows in the
 * first-level cache, where f32 rows arrive by themselves and others are decoded to.
 */
final class FewRows {

    /** Multiply-adds per activation row that are worth waking another thread for. */
    private static final int GRAIN = 16 * 1024;

    /** Columns of a row that are decoded at a time. */
    private static final int DECODED_COLUMNS = 2048;

    /** Columns that four weight rows and the activations can have in the first-level cache. */
    private static final int CACHED_COLUMNS = 512;

    private FewRows() {}

    /** Describes what each thread works in for a product of m activation rows. */
    static Layout scratch(int m, WeightRows weight, int firstColumn, int columns) {
        int tiled = (m + 3) / 4 * 4;
        Layout layout = Layout.of(Region.LANES, 4 * tiled * LANES)   // [m, 4, LANES]
                .and(Region.SCORES, 4 * tiled);
        if (weight.type() == DType.F32) return layout;
        return layout.and(Region.ROWS, 4 * DECODED_COLUMNS).and(weight.scratch(firstColumn, columns));
    }

    static void multiply(long x, long xStride, int m, WeightSlice[] slices, int firstColumn, int k) {
        Layout scratch = scratch(m, slices[0].weight(), firstColumn, k);
        Threads.range(WeightSlice.runs(slices, 4), Math.max(1, GRAIN / 4 / k),
                (from, to) -> WeightSlice.visit(slices, 4, from, to,
                        (slice, first, n) -> multiply(x, xStride, m, slice, first, n, firstColumn, k, scratch)));
    }

    private static void multiply(long x, long xStride, int m, WeightSlice slice, int first, int n, int firstColumn,
            int k, Layout scratch) {
        boolean inPlace = slice.weight().type() == DType.F32;
        float[] decoded = inPlace ? null : scratch.array(Region.ROWS);
        int tiled = (m + 3) / 4 * 4;
        float[] sums = scratch.array(Region.LANES), results = scratch.array(Region.SCORES);
        for (int r = first; r < first + n; r += 4) {
            int count = Math.min(4, first + n - r);
            Arrays.fill(sums, 0, 4 * tiled * LANES, 0);
            if (inPlace)
                fourRowsInPlace(x, 4 * xStride, m, slice.weight(), slice.firstRow() + r, count, firstColumn, k, sums);
            else
                fourRows(x, 4 * xStride, m, slice.weight(), slice.firstRow() + r, count, firstColumn, k, decoded,
                        sums);
            Dot.reduce(sums, 4 * m, results, 0);
            for (int i = 0; i < m; i++)
                Memory.store(results, 4 * i, count, slice.out() + 4 * (i * slice.outStride() + r));
        }
    }

    /**
     * Adds the products of activation rows, {@code stride} bytes apart, and up to four f32 weight rows to sums
     * [m, 4, LANES]; where rows are missing the last one is taken again.
     */
    private static void fourRowsInPlace(long x, long stride, int m, WeightRows w, int row, int count, int column, int k,
            float[] sums) {
        int last = row + count - 1;
        long w0 = w.address(row, column), w1 = w.address(Math.min(last, row + 1), column);
        long w2 = w.address(Math.min(last, row + 2), column), w3 = w.address(Math.min(last, row + 3), column);
        int chunk = Math.max(CACHED_COLUMNS, 16 * CACHED_COLUMNS / m / LANES * LANES);
        for (int c = 0; c < k; c += chunk) {
            long at = 4L * c, lastX = x + (m - 1) * stride + at;
            for (int i = 0; i < m; i += 4) {
                long x0 = x + i * stride + at;
                Dot.fourByFour(x0, Math.min(lastX, x0 + stride), Math.min(lastX, x0 + 2 * stride),
                        Math.min(lastX, x0 + 3 * stride),
                        w0 + at, w1 + at, w2 + at, w3 + at, Math.min(chunk, k - c), sums, 4 * i * LANES);
            }
        }
    }

    /** Adds the same products for weight rows that are decoded, {@link #DECODED_COLUMNS} at a time. */
    private static void fourRows(long x, long stride, int m, WeightRows w, int row, int count, int column, int k,
            float[] decoded, float[] sums) {
        for (int c = 0; c < k; c += DECODED_COLUMNS) {
            int columns = Math.min(DECODED_COLUMNS, k - c);
            w.read(row, count, column + c, columns, decoded, 0, columns);
            if (m == 1) {
                Dot.oneByFour(x + 4L * c, decoded, 0, columns, columns, sums);
                continue;
            }
            for (int d = 0; d < columns; d += CACHED_COLUMNS) {
                fourByFour(x + 4L * (c + d), stride, m, decoded, d, columns, Math.min(CACHED_COLUMNS, columns - d),
                        sums);
            }
        }
    }

    /**
     * Adds the products of activation rows and four decoded rows to sums [m, 4, LANES]; where activation rows are
     * missing the last one is taken again.
     */
    private static void fourByFour(long x, long stride, int m, float[] rows, int at, int rowStride, int n,
            float[] sums) {
        for (int i = 0; i < m; i += 4) {
            long last = x + (m - 1) * stride, x0 = x + i * stride;
            Dot.fourByFour(x0, Math.min(last, x0 + stride), Math.min(last, x0 + 2 * stride),
                    Math.min(last, x0 + 3 * stride), rows, at, rowStride, n, sums, 4 * i * LANES);
        }
    }
}
