package org.tornadolens.backend.reference;

import java.util.HashMap;
import java.util.Map;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.tensor.Tensor;

/** Rows of every slot, [batch, length, ...] each. */
final class ReferencePast implements Past {
    private final int batch, capacity;
    private int length;
    private final Map<Operation.Extend.Slot, double[]> rows = new HashMap<>();

    ReferencePast(int batch, int capacity) {
        this.batch = batch;
        this.capacity = capacity;
    }

    @Override public int batch() { return batch; }

    @Override public int capacity() { return capacity; }

    @Override public int length() { return length; }

    @Override public void restore(Map<Operation.Extend.Slot, Tensor> given) {
        given.forEach((slot, tensor) -> {
            double[] source = ReferenceExecutable.doubles(tensor);
            int sourceRows = tensor.shape().size(0), size = source.length / sourceRows;
            double[] all = new double[batch * size];
            for (int b = 0; b < batch; b++) System.arraycopy(source, b % sourceRows * size, all, b * size, size);
            rows.put(slot, all);
            length = tensor.shape().size(1);
        });
    }

    /** So many positions have been appended to every slot. */
    void grow(int positions) { length += positions; }

    Map<Operation.Extend.Slot, double[]> rows() { return rows; }

    @Override public void truncate(int to) {
        if (to < 0 || to > length) throw new IllegalArgumentException("cannot truncate a past of " + length + " positions to " + to);
        if (to == length) return;
        rows.replaceAll((slot, r) -> {
            int size = r.length / batch / length;
            double[] shorter = new double[batch * to * size];
            for (int b = 0; b < batch; b++) System.arraycopy(r, b * length * size, shorter, b * to * size, to * size);
            return shorter;
        });
        length = to;
    }
}
