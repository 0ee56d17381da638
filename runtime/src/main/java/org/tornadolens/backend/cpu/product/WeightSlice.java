package org.tornadolens.backend.cpu.product;

import org.tornadolens.backend.cpu.weight.WeightRows;

/**
 * Some rows of a weight and the destination of their products: out[i · outStride + r] is activation row i times row
 * {@code firstRow + r}. Several slices that meet the same activations are one product, such as queries, keys and
 * values: the activations are prepared once, and threads meet once.
 *
 * @param out         address of the output
 * @param outStride   floats from one activation row's output to the next
 * @param outInPanels whether the output lies in panels of activations
 */
record WeightSlice(WeightRows weight, int firstRow, int rows, long out, long outStride, boolean outInPanels) {

    /** Receives neighbouring rows of a slice. */
    interface Visitor {

        /** @param first counted from the slice's first row */
        void rows(WeightSlice slice, int first, int n);
    }

    /** The number of runs of {@code length} rows that the slices are cut into; the last run of each may be shorter. */
    static int runs(WeightSlice[] slices, int length) {
        int runs = 0;
        for (WeightSlice slice : slices) runs += slice.runs(length);
        return runs;
    }

    private int runs(int length) { return (rows + length - 1) / length; }

    /** Passes the runs {@code from … to-1} to a visitor, those of one slice together. */
    static void visit(WeightSlice[] slices, int length, int from, int to, Visitor visitor) {
        int start = 0;   // index of the slice's first run among all runs
        for (WeightSlice slice : slices) {
            int end = start + slice.runs(length), first = Math.max(from, start), last = Math.min(to, end);
            if (first < last)
                visitor.rows(slice, (first - start) * length,
                        Math.min(slice.rows, (last - start) * length) - (first - start) * length);
            start = end;
        }
    }

    static int totalRows(WeightSlice[] slices) {
        int rows = 0;
        for (WeightSlice slice : slices) rows += slice.rows;
        return rows;
    }

    static boolean ofOneType(WeightSlice[] slices) {
        for (WeightSlice slice : slices) if (slice.weight.type() != slices[0].weight.type()) return false;
        return true;
    }
}
