package org.tornadolens.tensor.format;

import java.lang.foreign.MemorySegment;

/**
 * The storage format of a type: a row consists of blocks of {@link #elements} consecutive elements, each {@link #bytes}
 * bytes. An unquantised type has blocks of one element.
 *
 * <p>Weights can be converted to a type whose format also implements {@link Encoder}; others can only be read.
 */
public interface BlockFormat {

    /** Returns the number of elements in a block. */
    int elements();

    /** Returns the size of a block in bytes. */
    int bytes();

    /**
     * Decodes {@code n} elements, which must be whole blocks, from byte {@code from} of {@code source} to
     * {@code target[at …]}. Implementations are plain loops; tests compare every faster decoder with them.
     */
    void decode(MemorySegment source, long from, int n, float[] target, int at);
}
