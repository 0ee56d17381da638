package org.tornadolens.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.tensor.Tensor;

/** Keys and values [batch, capacity, kvHead, dHead] of every layer, f32. */
final class CpuPast implements Past {

    private static final Cleaner CLEANER = Cleaner.create();

    private final Arena arena = Arena.ofShared();
    private final Cleaner.Cleanable memory = CLEANER.register(this, arena::close);
    private final int batch, capacity;
    private final Map<Extend.Slot, MemorySegment> rows = new HashMap<>();
    private int length;

    /** @param elements of one position of one row, by slot */
    CpuPast(int batch, int capacity, Map<Extend.Slot, Long> elements) {
        this.batch = batch;
        this.capacity = capacity;
        elements.forEach((slot, n) -> rows.put(slot, arena.allocate(n * batch * capacity * Float.BYTES, 64)));
    }

    @Override public int batch() { return batch; }

    @Override public int capacity() { return capacity; }

    @Override public int length() { return length; }

    @Override public void truncate(int to) {
        if (to < 0 || to > length) throw new IllegalArgumentException("cannot truncate a past of " + length + " positions to " + to);
        length = to;
    }

    @Override public void restore(Map<Extend.Slot, Tensor> given) {
        int positions = given.isEmpty() ? 0 : given.values().iterator().next().shape().size(1);
        if (!given.keySet().equals(rows.keySet())) throw new IllegalArgumentException("keys and values of " + given.size() + " slots for a past of " + rows.size());
        if (positions > capacity) throw new IllegalArgumentException(positions + " positions in a past of " + capacity);
        given.forEach((slot, tensor) -> {
            if (tensor.shape().size(1) != positions) throw new IllegalArgumentException("keys and values of different positions");
            String axis = tensor.shape().names().getFirst();
            long row = rows.get(slot).byteSize() / batch;
            for (int b = 0; b < batch; b++) {
                int from = b % tensor.shape().size(0);
                Tensor one = tensor.slice(axis, from, from + 1);
                MemorySegment source = (one.contiguous() ? one : one.copy()).data();
                MemorySegment.copy(source, 0, rows.get(slot), b * row, source.byteSize());
            }
        });
        length = positions;
    }

    @Override public void close() { memory.clean(); }

    void grow(int positions) { length += positions; }

    MemorySegment rows(Extend.Slot slot) { return rows.get(slot); }
}
