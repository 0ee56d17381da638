package org.tornadolens.backend.cpu.product;

import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;

/**
 * The table of which kernel computes which product of m activation rows and weights: {@link #choose} takes the first
 * row whose condition holds, and {@link Tiles#choose} does so for each block of a product by tiles. The reasons are
 * measured on two cores with 512-bit vectors; {@code KernelBench} repeats the measurements.
 */
enum ProductKernel {

    /**
     * Up to {@link #MAX_ROWS_IN_PLAIN_LOOPS} rows and one type that is not quantised, within the first multiply-adds of
     * a process: {@link ColdProduct}. Vector operations that are not compiled yet allocate and take a hundred times as
     * long as loops.
     */
    PLAIN_LOOPS,

    /**
     * One row, slices of one type that {@link MatrixVector} has a kernel for, and windows of whole blocks. Decoding in
     * registers reads weights at 0.9 of the memory's bandwidth (f32), which is what a token of generation waits for.
     */
    MATRIX_VECTOR,

    /**
     * Up to {@link #MAX_ROWS_WITHOUT_PACKING} rows and slices of one type: {@link FewRows}. Packing so few rows takes
     * longer than it saves. Beyond, {@link Tile} takes half the time: 15 rows 0.25 ms instead of 0.50 (2048 × 768,
     * f32).
     */
    FEW_ROWS,

    /** Slices of several types are multiplied one by one, where the kernels of few rows take one type. */
    EACH_SLICE,

    /** More rows, or activations in panels: {@link PackedProduct}, which reaches 0.83 to 0.88 of peak at 512 rows. */
    PACKED;

    /** A young process multiplies at most this many activation rows in plain loops; so few rows never lie in panels. */
    static final int MAX_ROWS_IN_PLAIN_LOOPS = 32;

    /**
     * At most this many activation rows are multiplied without packing. Above, sums are taken column after column
     * whatever the type, so that weights converted to f32 without loss give the same numbers.
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
         * f32 rows where they lie, and a tile takes every {@value Tiles#ROW_STRIDE}th row: in blocks of whole such
         * tiles ({@link #strided}). Where one panel meets short rows memory decides, and it is read fastest as streams
         * that go straight on: what the next tile takes follows in memory. Products of 17 to 32 rows take half the
         * time.
         */
        STRIDED,

        /**
         * f32 rows where they lie, from end to end: one panel meets rows of more than {@link #MAX_COLUMNS_STRIDED}
         * columns, which are straight streams by themselves.
         */
        END_TO_END,

        /**
         * f32 rows where they lie, {@link Tile#DEPTH} columns at a time, so that several panels find them in the
         * first-level cache. With the distance of rows a constant, copying them is saved: 354 ms became 334 (512
         * tokens, 110M).
         */
        IN_PLACE,

        /** All other types, orders of rows and numbers of rows: decoded once for all panels. */
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
