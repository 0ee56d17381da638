package org.tornadolens.tensor.format;

import java.lang.foreign.MemorySegment;

/** Stores floats as elements of a type. */
public interface Encoder {

    /** Writes a row, which is whole blocks, from byte {@code at} of {@code out} on; every element to its nearest. */
    void encode(float[] row, MemorySegment out, long at);
}
