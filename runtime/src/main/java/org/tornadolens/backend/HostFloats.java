package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;

/** A value that a host function changes, where a backend keeps it. */
public interface HostFloats {

    /** Copies its floats in these regions, one after the other, to the host. */
    void read(Regions regions, MemorySegment to);

    /** Puts floats of the host there instead. */
    void write(Regions regions, MemorySegment from);
}
