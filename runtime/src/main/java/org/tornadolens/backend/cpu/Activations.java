package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of activations as kernels take it: in contiguous rows or in {@link Panels}. The rows of a value are its batch rows'
 * positions, its columns all axes after these together.
 */
record Activations(MemorySegment data, boolean inPanels) {

    static Activations rows(MemorySegment data) { return new Activations(data, false); }

    static Activations panels(MemorySegment data) { return new Activations(data, true); }

    /** The address of data that holds so many rows and columns. */
    long address(int rows, long columns, String what) {
        return Memory.address(data, Panels.floats(rows, columns, inPanels), what);
    }
}
