package org.tornadolens.backend.cpu.memory;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes matrices of floats in memory, four by four elements at a time. Elements are moved as ints: the compiler
 * profiles which vector classes FloatVector's methods have met, and where there are others than the kernels' own it may
 * leave the kernels' sums in objects.
 */
public final class Transpose {

    private static final VectorSpecies<Integer> Q = IntVector.SPECIES_128;
    /** Shuffles by which lane l takes lane l ^ 1 or l ^ 2. */
    private static final VectorShuffle<Integer> SWAP_ONES = VectorShuffle.fromValues(Q, 1, 0, 3, 2);
    private static final VectorShuffle<Integer> SWAP_TWOS = VectorShuffle.fromValues(Q, 2, 3, 0, 1);
    /** Masks of the lanes that come from the other vector. */
    private static final VectorMask<Integer> ODD = VectorMask.fromLong(Q, 0b1010),
            EVEN = VectorMask.fromLong(Q, 0b0101);
    private static final VectorMask<Integer> HIGH = VectorMask.fromLong(Q, 0b1100),
            LOW = VectorMask.fromLong(Q, 0b0011);

    private Transpose() {}

    /**
     * Writes row r, column c of {@code from} to row c, column r of {@code to}, reading four rows of {@code from} from
     * end to end at a time. Strides are in bytes.
     */
    public static void byRows(long from, long stride, int rows, int columns, long to, long toStride) {
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
     * Transposes as {@link #byRows} does, but writes four rows of {@code to} from end to end at a time: rows a power of
     * two apart would otherwise evict each other from the cache.
     */
    public static void byColumns(long from, long stride, int rows, int columns, long to, long toStride) {
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
