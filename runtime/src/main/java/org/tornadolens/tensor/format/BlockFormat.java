package org.tornadolens.tensor.format;

import java.lang.foreign.MemorySegment;

/**
 * How one type stores its elements: a row is blocks of {@link #elements} consecutive elements, each block
 * {@link #bytes} bytes. An unquantised type has blocks of one element.
 *
 * <p>A class that also implements {@link Encoder} can be converted to; the others can only be read.
 */
public interface BlockFormat {

    /** Elements of a block. */
    int elements();

    /** Bytes of a block. */
    int bytes();

    /**
     * Decodes {@code n} elements, which are whole blocks, from byte {@code from} of {@code source} to
     * {@code target[at …]}. Plain loops, and the oracle of every faster decoder.
     */
    void decode(MemorySegment source, long from, int n, float[] target, int at);
}
