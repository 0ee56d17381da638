package org.tornadolens.backend.cpu;

/**
 * The order of activations for rows of superblocks that are decoded in registers. A vector of ints is loaded from the
 * nibbles as they lie: a lane has eight of them, and with a shift each becomes the lane's number,
 * <pre>
 *   lane         0            1          …
 *   bytes        0 1 2 3      4 5 6 7
 *   step b       the low (or high) nibble of byte 4 · lane + b, b = 0 … 3
 * </pre>
 * so that the activations, put into the order of those steps once, need no shuffling. All nibbles of a lane have one
 * scale (each belongs to 16 or 32 neighbours), and so sums of a lane are multiplied by it once. Where weights are
 * scale · q + offset, the offset is multiplied by a sum of activations that all rows share.
 *
 * @param lanes of the vectors
 * @param run   neighbouring elements that are the low nibbles of as many bytes; the next are their high ones
 */
record SuperblockOrder(int lanes, int run) {

    static final int ELEMENTS = 256;

    /** Floats of a block's activations: each once, and the sum of each four. */
    static final int ORDERED = ELEMENTS + ELEMENTS / 4;

    /** Floats that {@link #activations} writes. */
    static int length(int n) { return n / ELEMENTS * ORDERED; }

    /**
     * Writes activations in the order of the steps. Of each block and load: those of the low nibbles, four vectors, and
     * those of the high ones; after all loads of each the sums of those four, low and high.
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

    /** The element of a block that is the low or, if high is 1, the high nibble of a byte. */
    private int element(int at, int high) {
        return (at / run * 2 + high) * run + at % run;
    }
}
