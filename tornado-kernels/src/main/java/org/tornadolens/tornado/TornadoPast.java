package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.backend.PastMemory;
import org.tornadolens.program.Operation.Extend;

/** Keys and values [batch, capacity, kvHead, dHead] of every layer in the device's memory, f32. */
final class TornadoPast implements PastMemory {

    private static final Cleaner CLEANER = Cleaner.create();

    private final Device device;
    private final int capacity;
    private final Map<Extend.Slot, Integer> addresses = new HashMap<>();
    private final Map<Extend.Slot, Long> elements;
    private final Cleaner.Cleanable memory;

    /** @param elements the elements of one position of one row, by slot */
    TornadoPast(Device device, int batch, int capacity, Map<Extend.Slot, Long> elements) {
        this.device = device;
        this.capacity = capacity;
        this.elements = elements;
        long all = elements.values().stream().mapToLong(n -> n * batch * capacity).sum();
        int base = device.take(all, "a past of " + batch + " × " + capacity + " positions",
                "generate fewer tokens or rows at once");
        memory = CLEANER.register(this, () -> device.give(base));
        int at = base;
        for (var slot : elements.entrySet()) {
            addresses.put(slot.getKey(), at);
            at += (int) (slot.getValue() * batch * capacity);
        }
    }

    int capacity() { return capacity; }

    int address(Extend.Slot slot) { return addresses.get(slot); }

    @Override public void write(Extend.Slot slot, int row, MemorySegment floats) {
        synchronized (device) {
            device.write(address(slot) + (int) (row * elements.get(slot) * capacity), floats);
        }
    }

    @Override public void close() { memory.clean(); }
}
