package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.backend.PastMemory;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.program.Operation.Extend;

/** The keys and values of earlier positions, [batch, capacity, kvHead, dHead] in f32 for every layer. */
final class CpuPast implements PastMemory {

    private static final Cleaner CLEANER = Cleaner.create();

    private final OffHeap.Owned owned = new OffHeap.Owned();
    private final Cleaner.Cleanable memory = CLEANER.register(this, owned::close);
    private final int batch;
    private final Map<Extend.Slot, MemorySegment> slots = new HashMap<>();

    /** @param elements floats of one position of one row, by slot */
    CpuPast(int batch, int capacity, Map<Extend.Slot, Long> elements) {
        this.batch = batch;
        elements.forEach((slot, n) -> slots.put(slot, owned.allocate(n * batch * capacity * Float.BYTES,
                "a past of " + batch + " × " + capacity + " positions", "generate fewer tokens or rows at once")));
    }

    MemorySegment of(Extend.Slot slot) { return slots.get(slot); }

    @Override public void write(Extend.Slot slot, int row, MemorySegment floats) {
        MemorySegment all = slots.get(slot);
        MemorySegment.copy(floats, 0, all, row * (all.byteSize() / batch), floats.byteSize());
    }

    @Override public void close() { memory.clean(); }
}
