package org.tornadolens.tornado;

import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Allocates parts of a large array on the device: takes the best fit, and joins neighbouring free parts. */
final class Heap {

    private static final int ALIGNMENT = 64;   // elements: no two values share a cache line

    private final TreeMap<Integer, Integer> free = new TreeMap<>();   // size by address
    private final Map<Integer, Integer> taken = new TreeMap<>();

    Heap(int from, int size) { free.put(from, (size - from) / ALIGNMENT * ALIGNMENT); }

    /** Returns the address of so many elements, or nothing if no free part is large enough. */
    synchronized OptionalInt take(long elements) {
        long size = (Math.max(1, elements) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        Integer best = null;
        for (var part : free.entrySet()) {
            if (part.getValue() >= size && (best == null || part.getValue() < free.get(best))) best = part.getKey();
        }
        if (best == null) return OptionalInt.empty();
        int available = free.remove(best);
        if (available > size) free.put(best + (int) size, available - (int) size);
        taken.put(best, (int) size);
        return OptionalInt.of(best);
    }

    synchronized void give(int address) {
        int from = address, size = taken.remove(address);
        var before = free.floorEntry(from);
        if (before != null && before.getKey() + before.getValue() == from) {
            from = before.getKey();
            size += before.getValue();
            free.remove(from);
        }
        Integer after = free.remove(from + size);
        free.put(from, after == null ? size : size + after);
    }

    /** Returns the elements of the largest free part. */
    synchronized long largest() {
        return free.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }
}
