package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rows of a stored matrix as floats: a model's embedding of its tokens, and whole matrices decoded for a product of
 * many rows.
 *
 * <pre>
 *   control[list + i] -> row of the table -> memory[out + i * width ...]
 * </pre>
 *
 * The kernels are in {@link EmbeddingLanesF32} for CPUs and {@link EmbeddingGroupsF32} for GPUs, and in their copies
 * for other types.
 */
public final class Embedding {

    /** Arguments of all these kernels. */
    public interface EmbeddedRows {
        /** List of the rows to take, or -1 for those from {@link #FIRST_ROW} on. */
        int LIST = 1;
        int COUNT = 2, WIDTH = 3;
        /** Where the table begins in the array of weights. */
        int TABLE = 4;
        int OUT = 5;
        int FIRST_ROW = 6;
    }

    private Embedding() {}

    /** Returns the table's row that goes to row {@code i} of the result. */
    static int row(IntArray control, int block, int i) {
        int list = control.get(block + EmbeddedRows.LIST);
        return list < 0 ? control.get(block + EmbeddedRows.FIRST_ROW) + i : control.get(list + i);
    }
}
