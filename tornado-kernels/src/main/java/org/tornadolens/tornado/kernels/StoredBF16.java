package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** bfloat16 weights. */
final class StoredBF16 {

    private StoredBF16() {}

    static int index(int matrix, int element) { return matrix + element; }

    static float element(ShortArray weights, int matrix, int index) { return Decoding.bf16(weights.get(index)); }
}
