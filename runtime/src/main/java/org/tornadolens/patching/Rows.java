package org.tornadolens.patching;

import java.util.List;
import org.tornadolens.tensor.Tensor;

/** Gathers and scatters rows of tensors, which belong to prompts. */
final class Rows {

    private Rows() {}

    /** Returns the given rows of a tensor, along its first axis, in this order. */
    static Tensor of(Tensor tensor, List<Integer> rows) {
        String batch = tensor.shape().names().getFirst();
        Tensor gathered = Tensor.zeros(tensor.shape().resized(batch, rows.size()));
        for (int i = 0; i < rows.size(); i++)
            gathered.slice(batch, i, i + 1).assign(tensor.slice(batch, rows.get(i), rows.get(i) + 1));
        return gathered;
    }

    /**
     * Returns a tensor of {@code all} rows that holds row i of {@code tensor} at {@code rows[i]}, and zeros elsewhere.
     */
    static Tensor among(Tensor tensor, List<Integer> rows, int all) {
        if (rows.size() == all) return tensor;
        String batch = tensor.shape().names().getFirst();
        Tensor scattered = Tensor.zeros(tensor.shape().resized(batch, all));
        for (int i = 0; i < rows.size(); i++)
            scattered.slice(batch, rows.get(i), rows.get(i) + 1).assign(tensor.slice(batch, i, i + 1));
        return scattered;
    }
}
