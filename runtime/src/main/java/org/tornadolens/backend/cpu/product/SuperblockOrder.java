package org.tornadolens.backend.cpu.product;

import org.tornadolens.backend.cpu.memory.Memory;

/**
 * The order of activations for rows of superblocks that are decoded in registers. A vector of ints is loaded from the
 * stored nibbles: each lane holds eight of them, and a shift for each step leaves one,
 * <pre>
 *   lane         0            1          …
 *   bytes        0 1 2 3      4 5 6 7
 *   step b       the low (or high) nibble of byte 4 · lane + b, b = 0 … 3
 * </pre>
 * so that activations that are put into the order of these steps once need no shuffling. All nibbles of a lane have the
 * same scale, since scales belong to 16 or 32 neighbours, so that the sums of a lane are multiplied by it once. Where
 * weights are scale · q + offset, the offset is multiplied by a sum of activations that all rows share.
 *
 * @param lanes lanes of the vectors
 * @param run   number of neighbouring elements that are the low nibbles of as many bytes; the next are their high
 *              nibbles
 */
record SuperblockOrder(int lanes, int run) {

    static final int ELEMENTS = 256;

    /** Floats of a block's activations: each activation, and the sum of each four. */
    static final int ORDERED = ELEMENTS + ELEMENTS / 4;

    /** Floats that {@link #activations} writes. */
    static int length(int n) { return n / ELEMENTS * ORDERED; }

    /**
     * Writes activations in the order of the steps: for each block and load four vectors that meet the low nibbles and
     * four that meet the high ones; after all loads of a block the sums of each four vectors, low and high.
     */
    void activations(long x, int n, float[] target) {
        int loads = 128 / (4 * lanes);
        for (int k = 0, to = 0; k < n; k += ELEMENTS, to += ORDERED) {
            for (int load = 0; load < 2 * loads; load++) {
                for (int lane = 0; lane < lanes; lane++) {
                    float sum = 0;
                    for (int b = 0; b < 4; b++) {
                        float value = Memory.get(x + 4L * (k + element(4 * (load / 2 * lanes + lane) + b, load % 2)));
                        target[to + (4 * load + b) * lanes + lane] = value;
                        sum += value;
                    }
                    target[to + ELEMENTS + load * lanes + lane] = sum;
                }
            }
        }
    }

    /** Returns the element of a block that is the low nibble of a byte or, if {@code high} is 1, the high one. */
    private int element(int at, int high) {
        return (at / run * 2 + high) * run + at % run;
    }
}
