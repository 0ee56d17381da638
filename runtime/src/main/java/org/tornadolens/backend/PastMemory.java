package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;
import org.tornadolens.program.Operation.Extend;

/** Where a backend keeps the keys and values of a past: for every slot [batch, capacity, kvHead, dHead]. */
public interface PastMemory extends AutoCloseable {

    /** Writes the floats of a batch row's first positions. */
    void write(Extend.Slot slot, int row, MemorySegment floats);

    /** Gives the memory back. */
    @Override void close();
}
