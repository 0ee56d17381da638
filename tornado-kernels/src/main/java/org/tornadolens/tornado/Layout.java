package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;

/**
 * Where the values of one run lie in the device's memory. Kept values are adjacent, so that one transfer fetches them.
 */
final class Layout implements AutoCloseable {

    private static final int ALIGNMENT = 16;   // floats: a cache line

    private final Device device;
    private final List<Integer> taken = new ArrayList<>();
    private final Map<Value, Integer> addresses = new HashMap<>();
    private final int keptAt;
    private final long keptFloats;

    Layout(Device device, Program program, Plan plan, Sizes sizes) {
        this.device = device;
        device.freeRetired();
        long kept = 0;
        Map<Value, Long> keptOffsets = new HashMap<>();
        for (Value value : program.kept()) {
            keptOffsets.put(value, kept);
            kept += (value.elements(sizes) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        keptFloats = kept;
        int base = take(kept + plan.workspace() / Float.BYTES,
                "a run of " + sizes.batch() + " × " + sizes.pos() + " tokens");
        keptAt = base;
        keptOffsets.forEach((value, offset) -> addresses.put(value, (int) (base + offset)));
        int workspace = (int) (base + kept);
        plan.offsets().forEach((value, offset) -> {
            if (offset >= 0) addresses.put(value, (int) (workspace + offset / Float.BYTES));
        });
    }

    /** Returns the address of further memory for this run. */
    int take(long floats, String what) {
        int address = device.take(floats, what, "keep fewer values, or run fewer rows or tokens at once");
        taken.add(address);
        return address;
    }

    int address(Value value) { return addresses.get(value); }

    void put(Value value, int address) { addresses.put(value, address); }

    int keptAt() { return keptAt; }

    long keptFloats() { return keptFloats; }

    @Override public void close() { taken.forEach(device::give); }
}
