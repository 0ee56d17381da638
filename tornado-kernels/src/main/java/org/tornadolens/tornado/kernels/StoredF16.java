package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** IEEE half-precision weights. */
final class StoredF16 {

    private StoredF16() {}

    static int index(int matrix, int element) { return matrix + element; }

    static float element(ShortArray weights, int matrix, int index) { return Decoding.f16(weights.get(index)); }
}
