package org.tornadolens.tensor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** Puts tensors together along an axis, and picks indices of one. */
final class Joining {

    private Joining() {}

    /** Stacks tensors of equal shape along a new first axis. */
    static Tensor stack(String axis, List<Tensor> tensors) {
        if (tensors.isEmpty()) throw new UsageException("stack of no tensors");
        Shape each = tensors.getFirst().shape();
        if (each.indexOf(axis) >= 0)
            throw new UsageException("stack along " + axis + ": " + each + " has this axis; use concat, or a new name");
        for (Tensor tensor : tensors)
            if (!tensor.shape().equals(each))
                throw new UsageException("stack: " + each + " and " + tensor.shape() + " differ");
        Tensor result = Tensor.zeros(each.with(axis, tensors.size()));
        for (int i = 0; i < tensors.size(); i++) result.at(axis, i).assign(tensors.get(i));
        return result.with(Masks.joined(new Axis(axis, tensors.size()), tensors,
                IntStream.range(0, tensors.size()).toArray()));
    }

    /** Joins tensors along an axis that all of them have; the result has the axes of the first, in its order. */
    static Tensor concat(String axis, List<Tensor> tensors) {
        if (tensors.isEmpty()) throw new UsageException("concat of no tensors");
        Shape first = tensors.getFirst().shape();
        int[] starts = new int[tensors.size()];
        int size = 0;
        List<Tensor> ordered = new ArrayList<>();
        for (int i = 0; i < starts.length; i++) {
            Shape own = tensors.get(i).shape();
            int length = own.size(own.require(axis));
            if (!new HashSet<>(own.axes()).equals(new HashSet<>(first.resized(axis, length).axes())))
                throw new UsageException(
                        "concat along " + axis + ": " + first + " and " + own + " differ in other axes than this one");
            ordered.add(tensors.get(i).transpose(first.names().toArray(String[]::new)));
            starts[i] = size;
            size = Math.addExact(size, length);
        }
        Tensor result = Tensor.zeros(first.resized(axis, size));
        for (int i = 0; i < starts.length; i++) {
            Tensor own = ordered.get(i);
            result.slice(axis, starts[i], starts[i] + own.shape().size(own.shape().indexOf(axis))).assign(own);
        }
        return result.with(Masks.joined(new Axis(axis, size), ordered, starts));
    }

    /** Copies these indices of an axis, in this order. */
    static Tensor gather(Tensor tensor, String name, int... indices) {
        Axis axis = tensor.shape().axes().get(tensor.shape().require(name));
        if (indices.length == 0) throw new UsageException("gather of no indices of " + name);
        Tensor gathered = Tensor.zeros(tensor.shape().resized(name, indices.length));
        for (int i = 0; i < indices.length; i++) {
            int index = Views.index(axis, indices[i]);
            gathered.slice(name, i, i + 1).assign(tensor.slice(name, index, index + 1));
        }
        return gathered.with(Masks.view(tensor, name, mask -> gather(mask, name, indices)));
    }
}
