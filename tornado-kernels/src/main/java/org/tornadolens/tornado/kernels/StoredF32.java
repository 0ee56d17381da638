package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * f32 weights. This class describes what kernels ask of a type; the classes of the other types have the same members,
 * so far as kernels of theirs use them.
 */
final class StoredF32 {

    /** Elements of a block, which rows are made of, and those of a span, which share a scale and a minimum. */
    static final int BLOCK = 1, SPAN = 1;

    private StoredF32() {}

    /**
     * Returns the index that the other methods take for an element: counted from the beginning of its matrix for types
     * with blocks, from that of the array for the others, so that a row's address is computed once.
     *
     * @param matrix  the index where the matrix begins in the array
     * @param element the element's index in the matrix, row by row
     */
    static int index(int matrix, int element) { return matrix + element; }

    /** Returns an element of a matrix. */
    static float element(FloatArray weights, int matrix, int index) {
        return weights.get(index);
    }

    // ---- for vectors: an element is scale · quant - minimum, and both numbers are made of those of its block

    /** Returns the scale of the block of an element. */
    static float blockScale(FloatArray weights, int matrix, int index) {
        return 1f;
    }

    static float blockMinimum(FloatArray weights, int matrix, int index) { return 0f; }

    /** Returns the scale of the span of an element. */
    static float scale(FloatArray weights, int matrix, int index, float blockScale) {
        return blockScale;
    }

    static float minimum(FloatArray weights, int matrix, int index, float blockMinimum) { return blockMinimum; }

    /**
     * Returns sixteen elements.
     *
     * @param index that of the first; a multiple of 16 where there are blocks
     */
    static Float16 lanes(FloatArray weights, int matrix, int index, float scale, float minimum) {
        return Lanes.f32(weights, index);
    }
}
