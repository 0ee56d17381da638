package org.tornadolens.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadolens.program.Rotary;

/**
 * Cosines and sines, and these negated to turn back, [position, dHead/2] of a rotary embedding, each times its
 * magnitude; in double precision until stored.
 *
 * @param frequencies that it was made with
 * @param first       the position of its first row
 * @param end         one past that of its last
 */
record RotaryTable(List<Double> frequencies, int first, int end,
        MemorySegment cos, MemorySegment sin, MemorySegment minusSin) {

    /** Grown as contexts do. */
    private static final Map<Rotary, RotaryTable> TABLES = new ConcurrentHashMap<>();

    /** Where frequencies depend on a run's length: of the last such run alone, since the next will need others. */
    private static final Map<Rotary, RotaryTable> LATEST = new ConcurrentHashMap<>();

    /** A table that has the positions {@code first … end-1} of a run whose longest row is of {@code end} positions. */
    static RotaryTable of(Rotary rotary, int first, int end) {
        List<Double> frequencies = rotary.frequencies(end);
        boolean ofThisLength = !frequencies.equals(rotary.frequencies());
        RotaryTable table = (ofThisLength ? LATEST : TABLES).get(rotary);
        boolean serves = table != null && table.first <= first && table.end >= end;
        if (serves && table.frequencies.equals(frequencies)) return table;
        if (ofThisLength) {
            table = make(rotary, frequencies, first, end);
            LATEST.put(rotary, table);
            return table;
        }
        int length = Math.max(end, Math.min(rotary.positions(), Math.max(256, 2 * end)));
        return TABLES.merge(rotary, make(rotary, frequencies, 0, length), (a, b) -> a.end >= b.end ? a : b);
    }

    private static RotaryTable make(Rotary rotary, List<Double> frequencies, int first, int end) {
        int half = frequencies.size();
        long bytes = (long) (end - first) * half * Float.BYTES;
        Arena arena = Arena.ofAuto();
        MemorySegment cos = arena.allocate(bytes, 64), sin = arena.allocate(bytes, 64);
        MemorySegment minusSin = arena.allocate(bytes, 64);
        for (int position = first; position < end; position++) {
            for (int i = 0; i < half; i++) {
                double angle = position * frequencies.get(i);
                long at = (long) (position - first) * half + i;
                cos.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) (rotary.magnitude() * Math.cos(angle)));
                sin.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) (rotary.magnitude() * Math.sin(angle)));
                minusSin.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) (rotary.magnitude() * -Math.sin(angle)));
            }
        }
        return new RotaryTable(frequencies, first, end, cos, sin, minusSin);
    }
}
