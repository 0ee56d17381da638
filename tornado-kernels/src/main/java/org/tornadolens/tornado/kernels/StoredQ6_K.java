package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** Q6_K weights, laid out as the class {@code Q6_K} of the runtime describes. */
final class StoredQ6_K {

    static final int BLOCK = 256, SPAN = 16;
    private static final int BYTES = 210, PAIRS = 128, SCALES = 192, D = 208;   // of a block, and where its parts begin

    private StoredQ6_K() {}

    static int index(int matrix, int element) { return element; }

    static float element(ByteArray weights, int matrix, int element) {
        int low = weights.get(nibbles(matrix, element)) >> nibbleShift(element),
                high = weights.get(pairs(matrix, element)) >> pairShift(element);
        float q = (float) ((low & 15) + ((high & 3) << 4));
        return scale(weights, matrix, element, blockScale(weights, matrix, element)) * (q - 32f);
    }

    static float blockScale(ByteArray weights, int matrix, int element) {
        return Decoding.f16(weights, block(matrix, element) + D);
    }

    static float blockMinimum(ByteArray weights, int matrix, int element) { return 0f; }

    static float scale(ByteArray weights, int matrix, int element, float blockScale) {
        return blockScale * weights.get(block(matrix, element) + SCALES + ((element >> 4) & 15));
    }

    static float minimum(ByteArray weights, int matrix, int element, float blockMinimum) { return blockMinimum; }

    static Float16 lanes(ByteArray weights, int matrix, int element, float scale, float minimum) {
        Float16 low = Lanes.nibbles(weights, nibbles(matrix, element), nibbleShift(element));
        Float16 high = Lanes.pairs(weights, pairs(matrix, element), pairShift(element));
        return Lanes.times(Lanes.minus(Float16.add(low, Lanes.times(high, 16f)), 32f), scale);
    }

    private static int block(int matrix, int element) { return matrix + (element >> 8) * BYTES; }

    // each half of a block has 64 bytes of nibbles for its 128 elements, then 32 bytes of bit pairs

    private static int nibbles(int matrix, int element) {
        return block(matrix, element) + ((element >> 7) & 1) * 64 + (element & 63);
    }

    private static int nibbleShift(int element) { return (element & 64) >> 4; }

    private static int pairs(int matrix, int element) {
        return block(matrix, element) + PAIRS + ((element >> 7) & 1) * 32 + (element & 31);
    }

    private static int pairShift(int element) { return (element & 96) >> 4; }
}
