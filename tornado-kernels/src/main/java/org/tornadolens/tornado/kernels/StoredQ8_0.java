package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** Q8_0 weights, laid out as the class {@code Q8_0} of the runtime describes. */
final class StoredQ8_0 {

    static final int BLOCK = 32, SPAN = 32;
    private static final int BYTES = 34;

    private StoredQ8_0() {}

    static int index(int matrix, int element) { return element; }

    static float element(ByteArray weights, int matrix, int element) {
        int block = matrix + (element >> 5) * BYTES;
        return Decoding.f16(weights, block) * weights.get(block + 2 + (element & 31));
    }

    static float blockScale(ByteArray weights, int matrix, int element) {
        return Decoding.f16(weights, matrix + (element >> 5) * BYTES);
    }

    static float blockMinimum(ByteArray weights, int matrix, int element) { return 0f; }

    static float scale(ByteArray weights, int matrix, int element, float blockScale) { return blockScale; }

    static float minimum(ByteArray weights, int matrix, int element, float blockMinimum) { return blockMinimum; }

    static Float16 lanes(ByteArray weights, int matrix, int element, float scale, float minimum) {
        return Lanes.times(Lanes.bytes(weights, matrix + (element >> 5) * BYTES + 2 + (element & 31)), scale);
    }
}
