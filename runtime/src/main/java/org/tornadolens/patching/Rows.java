package org.tornadolens.patching;
import java.util.List;
import org.tornadolens.tensor.Tensor;

/** Rows of tensors that belong to some of the prompts. */
final class Rows {

    private Rows() {}

    /** Some rows of a tensor, its first axis, in this order. */
    static Tensor of(Tensor of, List<Integer> rows) {
        String batch = of.shape().names().getFirst();
        Tensor some = Tensor.zeros(of.shape().resized(batch, rows.size()));
        for (int i = 0; i < rows.size(); i++)
            some.slice(batch, i, i + 1).assign(of.slice(batch, rows.get(i), rows.get(i) + 1));
        return some;
    }

    /** The other way: rows of a tensor in their places among {@code all}, the others zero. */
    static Tensor among(Tensor of, List<Integer> rows, int all) {
        if (rows.size() == all) return of;
        String batch = of.shape().names().getFirst();
        Tensor placed = Tensor.zeros(of.shape().resized(batch, all));
        for (int i = 0; i < rows.size(); i++)
            placed.slice(batch, rows.get(i), rows.get(i) + 1).assign(of.slice(batch, i, i + 1));
        return placed;
    }
}
