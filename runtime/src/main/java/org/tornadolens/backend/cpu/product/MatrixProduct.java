package org.tornadolens.backend.cpu.product;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.Weight;

/**
 * Activations times the transpose of a weight: {@code out[i, r] = Σ_c x[i, c] · w[r, c]}, the weight in any type, read
 * where it lies. {@link ProductKernel} is the table of which kernel is taken when.
 */
public final class MatrixProduct {

    private MatrixProduct() {}

    /** Whether this many activation rows may lie in panels. */
    public static boolean takesPanels(int rows) {
        return rows > ProductKernel.MAX_ROWS_IN_PLAIN_LOOPS;
    }

    /** Whether a weight's products with activations can be written in panels: its rows are whole tiles. */
    public static boolean writesPanels(int weightRows) {
        return weightRows % Tile.ROWS == 0;
    }

    /**
     * Multiplies by a window of a weight:
     * {@code out[i·outStride + r] = Σ_c x[i·xStride + c] · w[rowFrom + r, columnFrom + c]} for i &lt; m, r &lt; rows,
     * c &lt; columns. Strides are in elements, rows in canonical order; {@code out} must not overlap {@code x}.
     *
     * @throws IllegalArgumentException where the weight has no such window, or {@code x} or {@code out} is too small
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
            multiply(from, xStride, m,
                    new WeightSlice[]{new WeightSlice(WeightRows.of(w), rowFrom, rows, to, outStride, false)},
                    columnFrom, columns);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(out);
    }

    /** Multiplies by the whole weight, matrices contiguous: x [m, w.columns] to out [m, w.rows]. */
    public static void multiply(MemorySegment x, int m, Weight w, MemorySegment out) {
        multiply(x, w.columns(), m, w, 0, w.rows(), 0, w.columns(), out, w.rows());
    }

    /**
     * Multiplies by several weights with the same number of columns as one product: x [m, columns] to each out [m,
     * rows]. Activations lie in panels only where {@link #takesPanels} and {@link #writesPanels} allow it.
     */
    public static void multiply(Activations x, int m, List<Weight> weights, List<Activations> outs) {
        int columns = weights.getFirst().columns();
        long from = x.address(m, columns, "the product's input");
        WeightSlice[] slices = new WeightSlice[weights.size()];
        for (int i = 0; i < slices.length; i++) {
            Weight w = weights.get(i);
            if (w.columns() != columns)
                throw new IllegalArgumentException(w.name() + " has " + w.columns() + " columns, not " + columns);
            Activations out = outs.get(i);
            if (out.inPanels() && !writesPanels(w.rows()))
                throw new IllegalArgumentException(w.rows() + " rows of " + w.name() + " are no whole tiles");
            slices[i] = new WeightSlice(WeightRows.of(w), 0, w.rows(), out.address(m, w.rows(), "the product's output"),
                    w.rows(), out.inPanels());
        }
        if (x.inPanels()) PackedProduct.multiplyPanels(from, m, slices, 0, columns);
        else multiply(from, columns, m, slices, 0, columns);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(weights);
        Reference.reachabilityFence(outs);
    }

    /**
     * Describes what the product of several whole weights works in, once the process no longer takes plain loops.
     *
     * @param outsInPanels for each weight, whether its output lies in panels
     */
    public static Need scratch(boolean xInPanels, int m, List<Weight> weights, List<Boolean> outsInPanels) {
        WeightSlice[] slices = new WeightSlice[weights.size()];
        for (int i = 0; i < slices.length; i++) {
            Weight w = weights.get(i);
            slices[i] = new WeightSlice(WeightRows.of(w), 0, w.rows(), 0, w.rows(), outsInPanels.get(i));
        }
        int columns = weights.getFirst().columns();
        return xInPanels ? PackedProduct.scratchOfPanels(m, slices, 0, columns) : scratch(m, slices, 0, columns);
    }

    /** Describes what the product of a window of a weight works in. */
    public static Need scratch(int m, Weight w, int rowFrom, int rows, int columnFrom, int columns) {
        return scratch(m, new WeightSlice[]{new WeightSlice(WeightRows.of(w), rowFrom, rows, 0, rows, false)},
                columnFrom, columns);
    }

    private static Need scratch(int m, WeightSlice[] slices, int columnFrom, int k) {
        return switch (ProductKernel.chooseCompiled(m, slices, columnFrom, k)) {
            case PACKED -> PackedProduct.scratch(m, slices, columnFrom, k);
            case EACH_SLICE -> {
                Need need = Need.NONE;
                for (WeightSlice slice : slices) need = need.and(scratch(m, new WeightSlice[]{slice}, columnFrom, k));
                yield need;
            }
            case MATRIX_VECTOR -> MatrixVector.scratch(slices[0].weight().type(), k);
            case FEW_ROWS -> Need.ofEach(FewRows.scratch(m, slices[0].weight(), columnFrom, k));
            case PLAIN_LOOPS -> Need.NONE;
        };
    }

    private static void multiply(long x, long xStride, int m, WeightSlice[] slices, int columnFrom, int k) {
        if (m == 0) return;
        if (k == 0) throw new IllegalArgumentException("a product over no columns");
        multiply(ProductKernel.choose(m, slices, columnFrom, k), x, xStride, m, slices, columnFrom, k);
    }

    /** Multiplies by the vector kernels, also in a young process. */
    static void multiplyCompiled(long x, long xStride, int m, WeightSlice[] slices, int columnFrom, int k) {
        multiply(ProductKernel.chooseCompiled(m, slices, columnFrom, k), x, xStride, m, slices, columnFrom, k);
    }

    private static void multiply(ProductKernel kernel, long x, long xStride, int m, WeightSlice[] slices,
            int columnFrom, int k) {
        switch (kernel) {
            case PLAIN_LOOPS -> ColdProduct.multiply(x, xStride, m, slices, columnFrom, k);
            case MATRIX_VECTOR -> MatrixVector.multiply(x, slices, columnFrom, k);
            case FEW_ROWS -> FewRows.multiply(x, xStride, m, slices, columnFrom, k);
            case EACH_SLICE -> {
                for (WeightSlice slice : slices)
                    multiplyCompiled(x, xStride, m, new WeightSlice[]{slice}, columnFrom, k);
            }
            case PACKED -> PackedProduct.multiply(x, xStride, m, slices, columnFrom, k);
        }
    }
}
