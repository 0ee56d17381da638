package org.tornadolens.backend.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.backend.PastMemory;
import org.tornadolens.program.Operation.Extend;

/** The keys and values of earlier positions, [batch, capacity, …] in double precision for every slot. */
final class ReferencePast implements PastMemory {

    private final int batch;
    private final Map<Extend.Slot, double[]> slots = new HashMap<>();

    /** @param elements numbers of one position of one row, by slot */
    ReferencePast(int batch, int capacity, Map<Extend.Slot, Long> elements) {
        this.batch = batch;
        elements.forEach((slot, n) -> slots.put(slot, new double[Math.toIntExact(n * batch * capacity)]));
    }

    double[] of(Extend.Slot slot) { return slots.get(slot); }

    @Override public void write(Extend.Slot slot, int row, MemorySegment floats) {
        double[] all = slots.get(slot);
        int first = row * (all.length / batch);
        long n = floats.byteSize() / Float.BYTES;
        for (int i = 0; i < n; i++) all[first + i] = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    @Override public void close() {}
}
