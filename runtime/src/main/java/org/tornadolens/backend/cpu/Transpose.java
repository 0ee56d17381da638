package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes matrices of floats in memory, four by four elements at a time. They are moved as ints: the compiler looks at the
 * classes of vectors that FloatVector's methods have met, and where there are others than the kernels' own it may leave their
 * sums in objects.
 */
final class Transpose {

    private static final VectorSpecies<Integer> Q = IntVector.SPECIES_128;
    /** Lane l takes lane l ^ 1, or l ^ 2, … */
    private static final VectorShuffle<Integer> SWAP_ONES = VectorShuffle.fromValues(Q, 1, 0, 3, 2);
    private static final VectorShuffle<Integer> SWAP_TWOS = VectorShuffle.fromValues(Q, 2, 3, 0, 1);
    /** … where that lane comes from the other vector. */
    private static final VectorMask<Integer> ODD = VectorMask.fromLong(Q, 0b1010),
            EVEN = VectorMask.fromLong(Q, 0b0101);
    private static final VectorMask<Integer> HIGH = VectorMask.fromLong(Q, 0b1100),
            LOW = VectorMask.fromLong(Q, 0b0011);

    private Transpose() {}

    /** Row c, column r of {@code to} = row r, column c of {@code from}, four of whose rows are read from end to end at a time. Strides in bytes. */
    static void byRows(long from, long stride, int rows, int columns, long to, long toStride) {
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            long row = from + r * stride;
            int c = 0;
            for (; c + 4 <= columns; c += 4) fourByFour(row + 4L * c, stride, to + c * toStride + 4L * r, toStride);
            for (; c < columns; c++) {
                for (int i = 0; i < 4; i++)
                    Memory.set(to + c * toStride + 4L * (r + i), Memory.get(row + i * stride + 4L * c));
            }
        }
        for (; r < rows; r++) {
            for (int c = 0; c < columns; c++)
                Memory.set(to + c * toStride + 4L * r, Memory.get(from + r * stride + 4L * c));
        }
    }

    /**
     * The same, but four rows of {@code to} are written from end to end: where they lie a power of two apart they would
     * otherwise drive each other out of the cache.
     */
    static void byColumns(long from, long stride, int rows, int columns, long to, long toStride) {
        int c = 0;
        for (; c + 4 <= columns; c += 4) {
            long row = to + c * toStride;
            int r = 0;
            for (; r + 4 <= rows; r += 4) fourByFour(from + r * stride + 4L * c, stride, row + 4L * r, toStride);
            for (; r < rows; r++) {
                for (int i = 0; i < 4; i++)
                    Memory.set(row + i * toStride + 4L * r, Memory.get(from + r * stride + 4L * (c + i)));
            }
        }
        for (; c < columns; c++) {
            for (int r = 0; r < rows; r++)
                Memory.set(to + c * toStride + 4L * r, Memory.get(from + r * stride + 4L * c));
        }
    }

    private static void fourByFour(long from, long stride, long to, long toStride) {
        IntVector v0 = IntVector.fromMemorySegment(Q, ALL, from, ORDER),
                v1 = IntVector.fromMemorySegment(Q, ALL, from + stride, ORDER);
        IntVector v2 = IntVector.fromMemorySegment(Q, ALL, from + 2 * stride, ORDER),
                v3 = IntVector.fromMemorySegment(Q, ALL, from + 3 * stride, ORDER);
        IntVector p0 = v0.blend(v1.rearrange(SWAP_ONES), ODD), p1 = v1.blend(v0.rearrange(SWAP_ONES), EVEN);
        IntVector p2 = v2.blend(v3.rearrange(SWAP_ONES), ODD), p3 = v3.blend(v2.rearrange(SWAP_ONES), EVEN);
        p0.blend(p2.rearrange(SWAP_TWOS), HIGH).intoMemorySegment(ALL, to, ORDER);
        p1.blend(p3.rearrange(SWAP_TWOS), HIGH).intoMemorySegment(ALL, to + toStride, ORDER);
        p2.blend(p0.rearrange(SWAP_TWOS), LOW).intoMemorySegment(ALL, to + 2 * toStride, ORDER);
        p3.blend(p1.rearrange(SWAP_TWOS), LOW).intoMemorySegment(ALL, to + 3 * toStride, ORDER);
    }
}
