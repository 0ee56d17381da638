package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/**
 * Activations times the transpose of a weight: {@code out[i, r] = Σ_c x[i, c] · w[r, c]}, the weight in any type, read
 * where it lies. The way depends on the number m of activation rows:
 * <ul>
 * <li>one: {@link MatrixVector}, where it has a kernel for the type;
 * <li>a few: four weight rows are decoded to the first-level cache, where f32 ones come by themselves, and meet all
 *     activation rows there;
 * <li>more: {@link PackedProduct}.
 * </ul>
 * Few rows have {@link ColdProduct} at the beginning of a process.
 */
public final class MatrixProduct {

    /**
     * Up to so many activation rows meet four weight rows at a time. From there on sums are taken column after column
     * whatever the type, so that weights which became f32 without a change give the same numbers.
     */
    static final int FEW = 12;

    /** Up to so many activation rows a young process multiplies in plain loops, and they never lie in panels. */
    static final int SOME = 32;

    /** Weight elements that are worth waking another thread for. */
    private static final int GRAIN = 16 * 1024;

    /** Columns of a row decoded at a time where few activation rows meet them, and how many of those fit the first-level cache. */
    private static final int STRETCH = 2048;
    private static final int CHUNK = 512;

    private MatrixProduct() {}

    /**
     * A window of a weight: {@code out[i·outStride + r] = Σ_c x[i·xStride + c] · w[rowFrom + r, columnFrom + c]} for
     * i &lt; m, r &lt; rows, c &lt; columns. Strides in elements; rows in canonical order; {@code out} must not overlap {@code x}.
     */
    public static void multiply(MemorySegment x, long xStride, int m, Weight w, int rowFrom, int rows, int columnFrom,
            int columns, MemorySegment out, long outStride) {
        try {
            Objects.checkFromIndexSize(rowFrom, rows, w.rows());
            Objects.checkFromIndexSize(columnFrom, columns, w.columns());
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "rows " + rowFrom + "+" + rows + ", columns " + columnFrom + "+" + columns
                            + " are no window of " + w.name() + ", " + w.rows() + "×" + w.columns(),
                    e);
        }
        long from = Memory.address(x, Memory.extent(m, xStride, columns), "the product's input");
        long to = Memory.address(out, Memory.extent(m, outStride, rows), "the product's output");
        if (rows > 0)
            multiply(from, xStride, m, new Part[]{new Part(Rows.of(w), rowFrom, rows, to, outStride, false)},
                    columnFrom, columns);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(out);
    }

    /** The whole weight, matrices contiguous: x [m, w.columns] to out [m, w.rows]. */
    public static void multiply(MemorySegment x, int m, Weight w, MemorySegment out) {
        multiply(x, w.columns(), m, w, 0, w.rows(), 0, w.columns(), out, w.rows());
    }

    /**
     * Several weights with the same number of columns as one product: x [m, columns] to each out [m, rows]. Activations lie in
     * panels only where they have more than {@link #SOME} rows.
     */
    static void multiply(Activations x, int m, List<Weight> weights, List<Activations> outs) {
        int columns = weights.getFirst().columns();
        long from = x.address(m, columns, "the product's input");
        Part[] parts = new Part[weights.size()];
        for (int i = 0; i < parts.length; i++) {
            Weight w = weights.get(i);
            if (w.columns() != columns)
                throw new IllegalArgumentException(w.name() + " has " + w.columns() + " columns, not " + columns);
            Activations out = outs.get(i);
            if (out.inPanels() && w.rows() % Tile.ROWS != 0)
                throw new IllegalArgumentException(w.rows() + " rows of " + w.name() + " are no whole tiles");
            parts[i] = new Part(Rows.of(w), 0, w.rows(), out.address(m, w.rows(), "the product's output"), w.rows(),
                    out.inPanels());
        }
        if (x.inPanels()) PackedProduct.multiplyPanels(from, m, parts, 0, columns);
        else multiply(from, columns, m, parts, 0, columns);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(weights);
        Reference.reachabilityFence(outs);
    }

    /** The memory that a product of m activation rows keeps for packed and decoded blocks, all threads together. */
    static long scratchBytes(int m, int columns) {
        if (m > FEW)
            return Float.BYTES * (PackedProduct.sharedScratch(m, columns)
                    + Threads.count() * PackedProduct.scratchOfThread(m, columns));
        return Float.BYTES * Threads.count() * (4L * STRETCH + 4L * (m + 3) * (LANES + 1));
    }

    private static void multiply(long x, long xStride, int m, Part[] parts, int columnFrom, int k) {
        if (m == 0) return;
        if (k == 0) throw new IllegalArgumentException("a product over no columns");
        if (m <= SOME && ColdProduct.takes(m, parts, k)) ColdProduct.multiply(x, xStride, m, parts, columnFrom, k);
        else warm(x, xStride, m, parts, columnFrom, k);
    }

    /** By the vector kernels; few activation rows and parts of different types are products of their own. */
    static void warm(long x, long xStride, int m, Part[] parts, int columnFrom, int k) {
        if (m > FEW) PackedProduct.multiply(x, xStride, m, parts, columnFrom, k);
        else if (!ofOneType(parts)) for (Part part : parts) warm(x, xStride, m, new Part[]{part}, columnFrom, k);
        else if (m == 1 && MatrixVector.takes(parts, columnFrom, k)) MatrixVector.multiply(x, parts, columnFrom, k);
        else few(x, xStride, m, parts, columnFrom, k);
    }

    private static boolean ofOneType(Part[] parts) {
        for (Part part : parts) if (part.w().type() != parts[0].w().type()) return false;
        return true;
    }

    private static void few(long x, long xStride, int m, Part[] parts, int columnFrom, int k) {
        Threads.range(Part.runs(parts, 4), Math.max(1, GRAIN / 4 / k), (from, to) -> Part.visit(parts, 4, from, to,
                (part, first, n) -> few(x, xStride, m, part, first, n, columnFrom, k)));
    }

    private static void few(long x, long xStride, int m, Part part, int first, int n, int columnFrom, int k) {
        float[] decoded = Scratch.mine().get(Use.ROWS, 4 * STRETCH);
        int tiled = (m + 3) / 4 * 4;
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * tiled * LANES);   // [m, 4, LANES]
        float[] results = Scratch.mine().get(Use.SCORES, 4 * tiled);
        for (int r = first; r < first + n; r += 4) {
            int count = Math.min(4, first + n - r);
            Arrays.fill(sums, 0, 4 * tiled * LANES, 0);
            if (part.w().type() == DType.F32)
                fourRowsInPlace(x, 4 * xStride, m, part.w(), part.rowFrom() + r, count, columnFrom, k, sums);
            else
                fourRows(x, 4 * xStride, m, part.w(), part.rowFrom() + r, count, columnFrom, k, decoded, sums);
            Dot.reduce(sums, 4 * m, results, 0);
            for (int i = 0; i < m; i++)
                Memory.store(results, 4 * i, count, part.out() + 4 * (i * part.outStride() + r));
        }
    }

    /** Activation rows, {@code stride} bytes apart, times up to four f32 weight rows; past the last of either it is taken again. */
    private static void fourRowsInPlace(long x, long stride, int m, Rows w, int row, int count, int column, int k,
            float[] sums) {
        int last = row + count - 1;
        long w0 = w.address(row, column), w1 = w.address(Math.min(last, row + 1), column);
        long w2 = w.address(Math.min(last, row + 2), column), w3 = w.address(Math.min(last, row + 3), column);
        int chunk = Math.max(CHUNK, 16 * CHUNK / m / LANES * LANES);   // the activations' part stays in the first-level cache
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

    /** Activation rows, {@code stride} bytes apart, times up to four weight rows, which are decoded a stretch at a time. */
    private static void fourRows(long x, long stride, int m, Rows w, int row, int count, int column, int k,
            float[] decoded, float[] sums) {
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
    private static void fourByFour(long x, long stride, int m, float[] rows, int at, int rowStride, int n,
            float[] sums) {
        for (int i = 0; i < m; i += 4) {
            long last = x + (m - 1) * stride, x0 = x + i * stride;
            Dot.fourByFour(x0, Math.min(last, x0 + stride), Math.min(last, x0 + 2 * stride),
                    Math.min(last, x0 + 3 * stride), rows, at, rowStride, n, sums, 4 * i * LANES);
        }
    }
}
