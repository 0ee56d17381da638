package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.program.Rotary;

/**
 * Cosines and sines [position, dHead/2] of rotary embeddings, each times its magnitude, in the device's memory. They
 * are computed in double precision, and a longer run makes a longer table.
 */
final class RotaryTables {

    private final Device device;
    private final Map<Rotary, Table> tables = new HashMap<>();

    /**
     * Tables whose frequencies depend on a run's length: only that of the last such run, since the next needs others.
     */
    private final Map<Rotary, Table> latest = new HashMap<>();

    /**
     * The addresses of a table, and what it was made for.
     *
     * @param first the position of its first row
     * @param end   one past that of its last
     */
    record Table(List<Double> frequencies, int first, int end, int cosines, int sines, int minusSines) {}

    RotaryTables(Device device) { this.device = device; }

    /** Returns a table with positions {@code first … end-1}, for a run whose longest row has {@code end} positions. */
    Table table(Rotary rotary, int first, int end) {
        List<Double> frequencies = rotary.frequencies(end);
        boolean ofThisLength = !frequencies.equals(rotary.frequencies());
        Map<Rotary, Table> known = ofThisLength ? latest : tables;
        Table table = known.get(rotary);
        boolean serves = table != null && table.first() <= first && table.end() >= end;
        if (serves && table.frequencies().equals(frequencies)) return table;
        int room = Math.max(end, Math.min(rotary.positions(), Math.max(256, 2 * end)));
        Table made = make(frequencies, rotary.magnitude(), ofThisLength ? first : 0, ofThisLength ? end : room);
        Table before = known.put(rotary, made);
        if (before != null) {
            device.retire(before.cosines());
            device.retire(before.sines());
            device.retire(before.minusSines());
        }
        return made;
    }

    private Table make(List<Double> frequencies, double magnitude, int first, int end) {
        int half = frequencies.size();
        float[] cosines = new float[(end - first) * half], sines = new float[(end - first) * half];
        for (int i = 0; i < cosines.length; i++) {
            double angle = (first + i / half) * frequencies.get(i % half);
            cosines[i] = (float) (magnitude * Math.cos(angle));
            sines[i] = (float) (magnitude * Math.sin(angle));
        }
        float[] minusSines = sines.clone();
        for (int i = 0; i < minusSines.length; i++) minusSines[i] = -sines[i];
        return new Table(frequencies, first, end, send(cosines), send(sines), send(minusSines));
    }

    private int send(float[] values) {
        int address = device.take(values.length, "a rotary table", "generate fewer tokens");
        device.write(address, MemorySegment.ofArray(values));
        return address;
    }
}
