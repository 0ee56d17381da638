package org.tornadolens.tensor.format;

import java.lang.foreign.MemorySegment;

/** Encodes f32 numbers as elements of a type. */
public interface Encoder {

    /** Writes a row, which must be whole blocks, at byte {@code at} of {@code out}, rounding to nearest. */
    void encode(float[] row, MemorySegment out, long at);
}
