package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.tensor.Tensor;

/** Keys and values [batch, capacity, kvHead, dHead] of every layer in the device's memory, f32. */
final class TornadoPast implements Past {

    private static final Cleaner CLEANER = Cleaner.create();

    private final Device device;
    private final int batch, capacity;
    private final Map<Extend.Slot, Integer> addresses = new HashMap<>();
    private final Map<Extend.Slot, Long> elements;   // of one position of one row
    private final Cleaner.Cleanable memory;
    private int length;

    TornadoPast(Device device, int batch, int capacity, Map<Extend.Slot, Long> elements) {
        this.device = device;
        this.batch = batch;
        this.capacity = capacity;
        this.elements = elements;
        long all = elements.values().stream().mapToLong(n -> n * batch * capacity).sum();
        int base = device.take(all, "a past of " + batch + " × " + capacity + " positions", "generate fewer tokens or rows at once");
        memory = CLEANER.register(this, () -> device.give(base));
        int at = base;
        for (var slot : elements.entrySet()) {
            addresses.put(slot.getKey(), at);
            at += (int) (slot.getValue() * batch * capacity);
        }
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
        if (!given.keySet().equals(addresses.keySet())) throw new IllegalArgumentException("keys and values of " + given.size() + " slots for a past of " + addresses.size());
        if (positions > capacity) throw new IllegalArgumentException(positions + " positions in a past of " + capacity);
        synchronized (device) {
            given.forEach((slot, tensor) -> {
                if (tensor.shape().size(1) != positions) throw new IllegalArgumentException("keys and values of different positions");
                MemorySegment source = (tensor.contiguous() ? tensor : tensor.copy()).data();
                long row = elements.get(slot) * capacity, bytes = source.byteSize() / tensor.shape().size(0);
                for (int b = 0; b < batch; b++) {
                    device.write(address(slot) + (int) (b * row), source.asSlice(b % tensor.shape().size(0) * bytes, bytes));
                }
            });
        }
        length = positions;
    }

    @Override public void close() { memory.clean(); }

    void grow(int positions) { length += positions; }

    int address(Extend.Slot slot) { return addresses.get(slot); }
}
