package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** Q4_K weights, laid out as the class {@code Q4_K} of the runtime describes. */
final class StoredQ4_K {

    static final int BLOCK = 256, SPAN = 32;
    private static final int BYTES = 144, SCALES = 4, NIBBLES = 16;   // of a block, and where its parts begin

    private StoredQ4_K() {}

    static int index(int matrix, int element) { return element; }

    static float element(ByteArray weights, int matrix, int element) {
        float q = (float) ((weights.get(nibbles(matrix, element)) >> shift(element)) & 15);
        return scale(weights, matrix, element, blockScale(weights, matrix, element)) * q
                - minimum(weights, matrix, element, blockMinimum(weights, matrix, element));
    }

    static float blockScale(ByteArray weights, int matrix, int element) {
        return Decoding.f16(weights, block(matrix, element));
    }

    static float blockMinimum(ByteArray weights, int matrix, int element) {
        return Decoding.f16(weights, block(matrix, element) + 2);
    }

    // Scales and minima have six bits. Those of the last four runs are in two pieces; upper is one there, else zero.

    static float scale(ByteArray weights, int matrix, int element, float blockScale) {
        int run = (element >> 5) & 7, upper = run >> 2, at = block(matrix, element) + SCALES + run;
        int low = weights.get(at + 4 * upper) & (63 - 48 * upper), high = (weights.get(at - 4 * upper) >> 6) & 3;
        return blockScale * (float) (low + (high << 4) * upper);
    }

    static float minimum(ByteArray weights, int matrix, int element, float blockMinimum) {
        int run = (element >> 5) & 7, upper = run >> 2, at = block(matrix, element) + SCALES + run;
        int low = (weights.get(at + 4) >> (4 * upper)) & (63 - 48 * upper), high = (weights.get(at) >> 6) & 3;
        return blockMinimum * (float) (low + (high << 4) * upper);
    }

    static Float16 lanes(ByteArray weights, int matrix, int element, float scale, float minimum) {
        Float16 q = Lanes.nibbles(weights, nibbles(matrix, element), shift(element));
        return Lanes.minus(Lanes.times(q, scale), minimum);
    }

    private static int block(int matrix, int element) { return matrix + (element >> 8) * BYTES; }

    /** Returns the index of the byte that holds an element: two runs of 32 elements share 32 bytes. */
    private static int nibbles(int matrix, int element) {
        return block(matrix, element) + NIBBLES + ((element >> 6) & 3) * 32 + (element & 31);
    }

    private static int shift(int element) { return (element & 32) >> 3; }
}
