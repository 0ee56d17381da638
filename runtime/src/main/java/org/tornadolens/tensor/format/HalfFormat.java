package org.tornadolens.tensor.format;

import static org.tornadolens.tensor.format.Layouts.SHORT;

import java.lang.foreign.MemorySegment;

/** A type of two bytes per element. Decoding copies to an array first, so that the compiler vectorises the loop. */
abstract class HalfFormat implements BlockFormat, Encoder {

    @Override public final int elements() { return 1; }

    @Override public final int bytes() { return Short.BYTES; }

    @Override public final void decode(MemorySegment source, long from, int n, float[] target, int at) {
        short[] halves = new short[n];
        MemorySegment.copy(source, SHORT, from, halves, 0, n);
        decode(halves, target, at);
    }

    @Override public final void encode(float[] row, MemorySegment out, long at) {
        short[] halves = new short[row.length];
        encode(row, halves);
        MemorySegment.copy(halves, 0, out, SHORT, at, row.length);
    }

    /** Decodes all halves to {@code target[at …]}. */
    abstract void decode(short[] halves, float[] target, int at);

    /** Encodes a row, which has the length of {@code halves}. */
    abstract void encode(float[] row, short[] halves);
}
