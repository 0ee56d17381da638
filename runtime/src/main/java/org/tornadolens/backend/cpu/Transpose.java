package org.tornadolens.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Transposes matrices within scratch arrays, four by four elements at a time. */
final class Transpose {

    private static final VectorSpecies<Float> Q = FloatVector.SPECIES_128;
    /** Lane l takes lane l ^ 1, or l ^ 2, … */
    private static final VectorShuffle<Float> SWAP_ONES = VectorShuffle.fromValues(Q, 1, 0, 3, 2);
    private static final VectorShuffle<Float> SWAP_TWOS = VectorShuffle.fromValues(Q, 2, 3, 0, 1);
    /** … where that lane came from the other vector. */
    private static final VectorMask<Float> ODD = VectorMask.fromLong(Q, 0b1010), EVEN = VectorMask.fromLong(Q, 0b0101);
    private static final VectorMask<Float> HIGH = VectorMask.fromLong(Q, 0b1100), LOW = VectorMask.fromLong(Q, 0b0011);

    private Transpose() {}

    /** to[c · toStride + r] = from[r · fromStride + c] for r &lt; rows, c &lt; columns. */
    static void transpose(float[] from, int fromAt, int fromStride, int rows, int columns, float[] to, int toAt, int toStride) {
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            fourRows(from, fromAt + r * fromStride, fromStride, columns, to, toAt + r, toStride);
        }
        for (; r < rows; r++) {
            for (int c = 0; c < columns; c++) to[toAt + c * toStride + r] = from[fromAt + r * fromStride + c];
        }
    }

    private static void fourRows(float[] from, int fromAt, int fromStride, int columns, float[] to, int toAt, int toStride) {
        int c = 0;
        for (; c + 4 <= columns; c += 4) {
            int at = fromAt + c;
            FloatVector v0 = FloatVector.fromArray(Q, from, at), v1 = FloatVector.fromArray(Q, from, at + fromStride);
            FloatVector v2 = FloatVector.fromArray(Q, from, at + 2 * fromStride), v3 = FloatVector.fromArray(Q, from, at + 3 * fromStride);
            FloatVector p0 = v0.blend(v1.rearrange(SWAP_ONES), ODD), p1 = v1.blend(v0.rearrange(SWAP_ONES), EVEN);
            FloatVector p2 = v2.blend(v3.rearrange(SWAP_ONES), ODD), p3 = v3.blend(v2.rearrange(SWAP_ONES), EVEN);
            int into = toAt + c * toStride;
            p0.blend(p2.rearrange(SWAP_TWOS), HIGH).intoArray(to, into);
            p1.blend(p3.rearrange(SWAP_TWOS), HIGH).intoArray(to, into + toStride);
            p2.blend(p0.rearrange(SWAP_TWOS), LOW).intoArray(to, into + 2 * toStride);
            p3.blend(p1.rearrange(SWAP_TWOS), LOW).intoArray(to, into + 3 * toStride);
        }
        for (; c < columns; c++) {
            for (int r = 0; r < 4; r++) to[toAt + c * toStride + r] = from[fromAt + r * fromStride + c];
        }
    }
}
