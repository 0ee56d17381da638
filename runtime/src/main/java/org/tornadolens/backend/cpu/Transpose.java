package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Transposes matrices on their way into scratch and out of it, four by four elements at a time. */
final class Transpose {

    private static final VectorSpecies<Float> Q = FloatVector.SPECIES_128;
    /** Lane l takes lane l ^ 1, or l ^ 2, … */
    private static final VectorShuffle<Float> SWAP_ONES = VectorShuffle.fromValues(Q, 1, 0, 3, 2);
    private static final VectorShuffle<Float> SWAP_TWOS = VectorShuffle.fromValues(Q, 2, 3, 0, 1);
    /** … where that lane comes from the other vector. */
    private static final VectorMask<Float> ODD = VectorMask.fromLong(Q, 0b1010), EVEN = VectorMask.fromLong(Q, 0b0101);
    private static final VectorMask<Float> HIGH = VectorMask.fromLong(Q, 0b1100), LOW = VectorMask.fromLong(Q, 0b0011);

    private Transpose() {}

    /** to[c · toStride + r] = row r, column c of memory, whose rows lie {@code stride} bytes apart. */
    static void load(long from, long stride, int rows, int columns, float[] to, int at, int toStride) {
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            long row = from + r * stride;
            int c = 0;
            for (; c + 4 <= columns; c += 4) {
                FloatVector v0 = FloatVector.fromMemorySegment(Q, ALL, row + 4L * c, ORDER);
                FloatVector v1 = FloatVector.fromMemorySegment(Q, ALL, row + stride + 4L * c, ORDER);
                FloatVector v2 = FloatVector.fromMemorySegment(Q, ALL, row + 2 * stride + 4L * c, ORDER);
                FloatVector v3 = FloatVector.fromMemorySegment(Q, ALL, row + 3 * stride + 4L * c, ORDER);
                FloatVector p0 = v0.blend(v1.rearrange(SWAP_ONES), ODD), p1 = v1.blend(v0.rearrange(SWAP_ONES), EVEN);
                FloatVector p2 = v2.blend(v3.rearrange(SWAP_ONES), ODD), p3 = v3.blend(v2.rearrange(SWAP_ONES), EVEN);
                int into = at + c * toStride + r;
                p0.blend(p2.rearrange(SWAP_TWOS), HIGH).intoArray(to, into);
                p1.blend(p3.rearrange(SWAP_TWOS), HIGH).intoArray(to, into + toStride);
                p2.blend(p0.rearrange(SWAP_TWOS), LOW).intoArray(to, into + 2 * toStride);
                p3.blend(p1.rearrange(SWAP_TWOS), LOW).intoArray(to, into + 3 * toStride);
            }
            for (; c < columns; c++) {
                for (int i = 0; i < 4; i++) to[at + c * toStride + r + i] = Memory.get(row + i * stride + 4L * c);
            }
        }
        for (; r < rows; r++) {
            for (int c = 0; c < columns; c++) to[at + c * toStride + r] = Memory.get(from + r * stride + 4L * c);
        }
    }

    /**
     * Row c, column r of memory, whose rows lie {@code stride} bytes apart, = from[r · fromStride + c]. Four rows of memory
     * are written from end to end: rows a power of two apart would drive each other out of the cache.
     */
    static void store(float[] from, int at, int fromStride, int rows, int columns, long to, long stride) {
        int c = 0;
        for (; c + 4 <= columns; c += 4) {
            long row = to + c * stride;
            int r = 0;
            for (; r + 4 <= rows; r += 4) {
                int out = at + r * fromStride + c;
                FloatVector v0 = FloatVector.fromArray(Q, from, out), v1 = FloatVector.fromArray(Q, from, out + fromStride);
                FloatVector v2 = FloatVector.fromArray(Q, from, out + 2 * fromStride), v3 = FloatVector.fromArray(Q, from, out + 3 * fromStride);
                FloatVector p0 = v0.blend(v1.rearrange(SWAP_ONES), ODD), p1 = v1.blend(v0.rearrange(SWAP_ONES), EVEN);
                FloatVector p2 = v2.blend(v3.rearrange(SWAP_ONES), ODD), p3 = v3.blend(v2.rearrange(SWAP_ONES), EVEN);
                p0.blend(p2.rearrange(SWAP_TWOS), HIGH).intoMemorySegment(ALL, row + 4L * r, ORDER);
                p1.blend(p3.rearrange(SWAP_TWOS), HIGH).intoMemorySegment(ALL, row + stride + 4L * r, ORDER);
                p2.blend(p0.rearrange(SWAP_TWOS), LOW).intoMemorySegment(ALL, row + 2 * stride + 4L * r, ORDER);
                p3.blend(p1.rearrange(SWAP_TWOS), LOW).intoMemorySegment(ALL, row + 3 * stride + 4L * r, ORDER);
            }
            for (; r < rows; r++) {
                for (int i = 0; i < 4; i++) Memory.set(row + i * stride + 4L * r, from[at + r * fromStride + c + i]);
            }
        }
        for (; c < columns; c++) {
            for (int r = 0; r < rows; r++) Memory.set(to + c * stride + 4L * r, from[at + r * fromStride + c]);
        }
    }
}
