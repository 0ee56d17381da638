package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;
import org.tornadolens.program.Operation.Extend;

/** The memory of a past: [batch, capacity, kvHead, dHead] for every slot. */
public interface PastMemory extends AutoCloseable {

    /** Writes the floats of a batch row's first positions. */
    void write(Extend.Slot slot, int row, MemorySegment floats);

    /** Frees the memory. */
    @Override void close();
}
