package org.tornadolens.backend.cpu.memory;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of activations, in contiguous rows or in {@link Panels}. It has one row for each batch row and position; its
 * columns are all further axes of the value, flattened.
 */
public record Activations(MemorySegment data, boolean inPanels) {

    public static Activations rows(MemorySegment data) { return new Activations(data, false); }

    public static Activations panels(MemorySegment data) { return new Activations(data, true); }

    /**
     * Returns the address of the data, which must hold this many rows and columns; {@code what} names it in the error.
     */
    public long address(int rows, long columns, String what) {
        return Memory.address(data, Panels.floats(rows, columns, inPanels), what);
    }
}
