package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;

/** The memory, on whatever device, of a value that a host function changes. */
public interface HostFloats {

    /** Copies the floats of these regions, one after the other, to the host. */
    void read(Regions regions, MemorySegment to);

    /** Replaces the floats of these regions by floats of the host. */
    void write(Regions regions, MemorySegment from);
}
