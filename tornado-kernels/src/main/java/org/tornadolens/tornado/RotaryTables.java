package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.program.Rotary;

/** Cosines and sines [position, dHead/2] of rotary embeddings in the device's memory, made in double precision, grown as contexts do. */
final class RotaryTables {

    private final Device device;
    private final Map<Rotary, Table> tables = new HashMap<>();

    /** Addresses. */
    record Table(int positions, int cosines, int sines, int minusSines) {}

    RotaryTables(Device device) { this.device = device; }

    /** A table of at least {@code positions} positions. */
    Table table(Rotary rotary, int positions) {
        Table table = tables.get(rotary);
        if (table != null && table.positions() >= positions) return table;
        int length = Math.max(positions, Math.min(rotary.positions(), Math.max(256, 2 * positions)));
        int half = rotary.frequencies().size();
        float[] cosines = new float[length * half], sines = new float[length * half];
        for (int i = 0; i < cosines.length; i++) {
            double angle = i / half * rotary.frequencies().get(i % half);
            cosines[i] = (float) Math.cos(angle);
            sines[i] = (float) Math.sin(angle);
        }
        float[] minusSines = sines.clone();
        for (int i = 0; i < minusSines.length; i++) minusSines[i] = -sines[i];
        Table made = new Table(length, send(cosines), send(sines), send(minusSines));
        Table before = tables.put(rotary, made);
        if (before != null) {
            device.retire(before.cosines());
            device.retire(before.sines());
            device.retire(before.minusSines());
        }
        return made;
    }

    private int send(float[] values) {
        int address = device.take(values.length, "a rotary table", "generate fewer tokens");
        device.write(address, MemorySegment.ofArray(values));
        return address;
    }
}
