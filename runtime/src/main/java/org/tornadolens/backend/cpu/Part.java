package org.tornadolens.backend.cpu;

/**
 * Some rows of a weight and where their products go: out[i · outStride + r] is activation row i times row
 * {@code rowFrom + r}. Several parts that meet the same activations are one product, such as queries, keys and values:
 * the activations are prepared once, and threads meet once.
 */
record Part(Rows w, int rowFrom, int rows, long out, long outStride, boolean inPanels) {

    /** Hears of rows first … first+n-1 of a part. */
    interface Visitor { void rows(Part part, int first, int n); }

    /** How many runs of {@code length} rows the parts are cut into; the last run of each may be shorter. */
    static int runs(Part[] parts, int length) {
        int runs = 0;
        for (Part part : parts) runs += part.runs(length);
        return runs;
    }

    private int runs(int length) { return (rows + length - 1) / length; }

    /** Tells of the runs {@code from … to-1}: together, as far as they lie in the same part. */
    static void visit(Part[] parts, int length, int from, int to, Visitor visitor) {
        int start = 0;   // of a part's runs among all
        for (Part part : parts) {
            int end = start + part.runs(length), first = Math.max(from, start), last = Math.min(to, end);
            if (first < last)
                visitor.rows(part, (first - start) * length,
                        Math.min(part.rows, (last - start) * length) - (first - start) * length);
            start = end;
        }
    }
}
