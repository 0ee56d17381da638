package org.tornadolens.backend.cpu.attention;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadolens.program.Rotary;

/**
 * Cosines, sines and negated sines (for the inverse rotation) of a rotary embedding, [position, dHead/2], each times
 * the embedding's magnitude; computed in double precision.
 *
 * @param frequencies the frequencies of the table
 * @param first       the position of the first row
 * @param end         one past the position of the last row
 */
public record RotaryTable(List<Double> frequencies, int first, int end,
        MemorySegment cos, MemorySegment sin, MemorySegment minusSin) {

    /** Tables of frequencies that hold for every run, replaced by longer ones as needed. */
    private static final Map<Rotary, RotaryTable> TABLES = new ConcurrentHashMap<>();

    /**
     * Where frequencies depend on a run's length, the table of the latest such run alone: the next run needs another.
     */
    private static final Map<Rotary, RotaryTable> LATEST = new ConcurrentHashMap<>();

    /** Returns a table with positions {@code first … end-1} for a run whose longest row has {@code end} positions. */
    public static RotaryTable of(Rotary rotary, int first, int end) {
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
