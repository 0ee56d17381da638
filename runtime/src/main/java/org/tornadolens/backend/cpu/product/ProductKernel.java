package org.tornadolens.backend.cpu.product;

import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;

/**
 * The table of which kernel computes which product of m activation rows and weights: {@link #choose} takes the first
 * row whose condition holds, and {@link Tiles#choose} does so for each block of a packed product. The times are
 * processor times of one thread with 512-bit vectors, weights 2048 × 768 and 768 × 2048, too many for the caches.
 */
enum ProductKernel {

    /**
     * Up to {@link #MAX_ROWS_IN_PLAIN_LOOPS} rows and one type that is not quantised, within the first multiply-adds of
     * a process: {@link ColdProduct}. Vector operations that are not compiled yet allocate and take a hundred times as
     * long as loops.
     */
    PLAIN_LOOPS,

    /** Slices of several types, up to the rows of {@link #FEW_ROWS}: each is a product of its own. */
    EACH_SLICE,

    /**
     * One row, a type that {@link MatrixVector} has a kernel for, and a window of whole blocks. Where generation waits
     * for memory, decoding in registers reads further ahead: the kernel of few rows takes 1.1 to 1.25 times as long for
     * f16, 1.4 to 1.5 times for Q8_0.
     */
    MATRIX_VECTOR,

    /**
     * Up to {@link #MAX_ROWS_WITHOUT_PACKING} rows: {@link FewRows}, which packs nothing. For Q8_0 and 4, 8, 12 and 16
     * rows the packed kernel takes 2.0, 1.4, 1.0 and 0.8 to 0.9 times as long; for f16 2, 1.5, 1.2 and 1.0.
     */
    FEW_ROWS,

    /** More rows, or activations in panels: {@link PackedProduct}, which reaches 0.83 to 0.88 of peak at 512 rows. */
    PACKED;

    /** A young process multiplies at most this many activation rows in plain loops; so few rows never lie in panels. */
    static final int MAX_ROWS_IN_PLAIN_LOOPS = 32;

    /**
     * At most this many activation rows are multiplied without packing, for every type alike: above, sums are taken
     * column after column, and weights converted to f32 without loss have to give the same numbers.
     */
    static final int MAX_ROWS_WITHOUT_PACKING = 12;

    /** Chooses for activations in rows; where the plain loops are chosen, the product counts as done by them. */
    static ProductKernel choose(int m, WeightSlice[] slices, int firstColumn, int columns) {
        if (m <= MAX_ROWS_IN_PLAIN_LOOPS && ColdProduct.takes(m, slices, columns)) return PLAIN_LOOPS;
        return chooseCompiled(m, slices, firstColumn, columns);
    }

    /** Chooses among the vector kernels alone. */
    static ProductKernel chooseCompiled(int m, WeightSlice[] slices, int firstColumn, int columns) {
        if (m > MAX_ROWS_WITHOUT_PACKING) return PACKED;
        if (!WeightSlice.ofOneType(slices)) return EACH_SLICE;
        if (m == 1 && MatrixVector.takes(slices[0].weight().type(), firstColumn, columns)) return MATRIX_VECTOR;
        return FEW_ROWS;
    }

    /** The ways in which a packed product's tiles read a block of weight rows. */
    enum Tiles {

        /**
         * f32 rows where they lie, of which a tile takes every {@value Tiles#ROW_STRIDE}th: one panel meets many rows
         * of at most {@link #MAX_COLUMNS_STRIDED} columns. Memory is read fastest as straight streams, and here the
         * rows of the next tile follow those of this one: 0.46 of the time of {@link #IN_PLACE} for 15 rows, 0.59 for
         * 32.
         */
        STRIDED,

        /**
         * f32 rows where they lie, from end to end: one panel meets longer rows, which are straight streams themselves.
         * This takes 0.59 of the time of {@link #IN_PLACE} for 15 rows, 0.79 for 32.
         */
        END_TO_END,

        /**
         * f32 rows where they lie, {@link Tile#DEPTH} columns at a time, so that several panels find them in the
         * first-level cache: 0.76 to 1.0 of the time of {@link #DECODED} for 64 rows.
         */
        IN_PLACE,

        /** All other types, orders of rows and numbers of rows: rows are decoded or copied once for all panels. */
        DECODED;

        /** A strided tile takes rows this far apart. */
        static final int ROW_STRIDE = 8;

        /** Longer rows are read from end to end. */
        static final int MAX_COLUMNS_STRIDED = 1024;

        /**
         * Chooses for a block of {@code rows} weight rows.
         *
         * @param strided whether the product's blocks are cut for strided tiles
         */
        static Tiles choose(int m, WeightRows weight, int rows, int columns, boolean strided, boolean outInPanels) {
            if (!inPlace(weight, rows)) return DECODED;
            if (strided && !outInPanels && rows == ROW_STRIDE * Tile.ROWS) return STRIDED;
            return m <= Panels.ROWS && columns > MAX_COLUMNS_STRIDED ? END_TO_END : IN_PLACE;
        }

        /** Whether blocks are cut for strided tiles: one panel meets rows that are short and many. */
        static boolean strided(int m, int rowsOfThread, int columns) {
            return m <= Panels.ROWS && columns <= MAX_COLUMNS_STRIDED && rowsOfThread >= ROW_STRIDE * Tile.ROWS;
        }

        /** Whether whole tiles of rows can be multiplied where they lie. */
        static boolean inPlace(WeightRows weight, int rows) {
            return weight.type() == DType.F32 && weight.inOrder() && rows % Tile.ROWS == 0;
        }
    }
}
