package org.tornadolens.backend.cpu.product;

/** Multiplies a row of a weight by an activation row, decoding it in registers. */
interface RowDots {

    /**
     * Writes LANES numbers to {@code sums[at …]} that add up to x · the row.
     *
     * @param x n activations, in the order that the kernel requires
     * @param w the address of the row
     * @param n the number of its elements, in whole blocks
     */
    void dot(float[] x, long w, int n, float[] sums, int at);
}
