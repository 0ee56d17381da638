package org.tornadolens.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadolens.program.Rotary;

/** Cosines and sines, and these negated to turn back, [position, dHead/2] of a rotary embedding, in double precision until stored, grown as contexts do. */
record RotaryTable(int positions, MemorySegment cos, MemorySegment sin, MemorySegment minusSin) {

    private static final Map<Rotary, RotaryTable> TABLES = new ConcurrentHashMap<>();

    /** A table of at least {@code positions} positions. */
    static RotaryTable of(Rotary rotary, int positions) {
        RotaryTable table = TABLES.get(rotary);
        if (table != null && table.positions >= positions) return table;
        int length = Math.max(positions, Math.min(rotary.positions(), Math.max(256, 2 * positions)));
        return TABLES.merge(rotary, make(rotary, length), (a, b) -> a.positions >= b.positions ? a : b);
    }

    private static RotaryTable make(Rotary rotary, int positions) {
        int half = rotary.frequencies().size();
        MemorySegment cos = Arena.ofAuto().allocate((long) positions * half * Float.BYTES, 64);
        MemorySegment sin = Arena.ofAuto().allocate((long) positions * half * Float.BYTES, 64);
        MemorySegment minusSin = Arena.ofAuto().allocate((long) positions * half * Float.BYTES, 64);
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < half; i++) {
                double angle = position * rotary.frequencies().get(i);
                cos.setAtIndex(ValueLayout.JAVA_FLOAT, (long) position * half + i, (float) Math.cos(angle));
                sin.setAtIndex(ValueLayout.JAVA_FLOAT, (long) position * half + i, (float) Math.sin(angle));
                minusSin.setAtIndex(ValueLayout.JAVA_FLOAT, (long) position * half + i, (float) -Math.sin(angle));
            }
        }
        return new RotaryTable(positions, cos, sin, minusSin);
    }
}
