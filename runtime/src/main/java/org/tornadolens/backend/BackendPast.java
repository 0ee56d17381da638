package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Tensor;

/** The past of any backend: the number of positions that it holds and their checks. The backend owns the memory. */
public final class BackendPast implements Past {

    private final Map<Extend.Slot, Long> slots;   // elements of one position of one row
    private final int batch, capacity;
    private final PastMemory memory;
    private int length;

    /** @param program the program whose keys and values are stored */
    public BackendPast(Program program, int batch, int capacity, PastMemory memory) {
        this.slots = program.pastSlots();
        this.batch = batch;
        this.capacity = capacity;
        this.memory = memory;
    }

    /** The elements of all slots of a program's past together. */
    public static long elements(Program program, int batch, int capacity) {
        return program.pastSlots().values().stream().mapToLong(n -> n * batch * capacity).sum();
    }

    PastMemory memory() { return memory; }

    @Override public int batch() { return batch; }

    @Override public int capacity() { return capacity; }

    @Override public int length() { return length; }

    @Override public void restore(Map<Extend.Slot, Tensor> given) {
        if (!given.keySet().equals(slots.keySet())) {
            throw new IllegalArgumentException(given.size() + " slots for a past of " + slots.size());
        }
        int positions = given.isEmpty() ? 0 : given.values().iterator().next().shape().size(1);
        if (positions > capacity) throw new IllegalArgumentException(positions + " positions in a past of " + capacity);
        given.forEach((slot, tensor) -> {
            if (tensor.shape().size(1) != positions) {
                throw new IllegalArgumentException("keys and values of different positions");
            }
            if (tensor.elements() != slots.get(slot) * positions * tensor.shape().size(0)) {
                throw new IllegalArgumentException(
                        tensor.shape() + " for " + slot + " of " + slots.get(slot) + " numbers a position");
            }
            for (int row = 0; row < batch; row++) memory.write(slot, row, floats(tensor, row % tensor.shape().size(0)));
        });
        length = positions;
    }

    private static MemorySegment floats(Tensor tensor, int row) {
        Tensor one = tensor.slice(tensor.shape().names().getFirst(), row, row + 1);
        return (one.contiguous() ? one : one.copy()).data();
    }

    @Override public void truncate(int to) {
        if (to < 0 || to > length) {
            throw new IllegalArgumentException("cannot truncate a past of " + length + " positions to " + to);
        }
        length = to;
    }

    /** Adds the positions that a run has stored. */
    void grow(int positions) { length += positions; }

    @Override public void close() { memory.close(); }
}
