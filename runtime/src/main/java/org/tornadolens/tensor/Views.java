package org.tornadolens.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** Makes views: tensors that share the memory of another, with different axes, offset and strides. */
final class Views {

    private Views() {}

    /** Returns an index counted from the start; a negative one counts from the end. */
    static int index(Axis axis, int index) {
        int fromStart = index < 0 ? index + axis.size() : index;
        if (fromStart < 0 || fromStart >= axis.size()) {
            throw new UsageException(axis.name() + " " + index + " is outside " + axis.name() + "'s "
                    + axis.size() + " (0 to " + (axis.size() - 1) + ", or -1 to " + -axis.size() + " from the end)");
        }
        return fromStart;
    }

    static Tensor at(Tensor tensor, Map<String, Integer> indices) {
        Shape shape = tensor.shape();
        indices.keySet().forEach(name -> shape.require(name));
        long offset = tensor.offset();
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < shape.rank(); i++) {
            Integer index = indices.get(shape.axes().get(i).name());
            if (index == null) kept.add(i);
            else offset += index(shape.axes().get(i), index) * tensor.strides()[i];
        }
        Optional<Tensor> mask = tensor.mask().flatMap(m -> {
            Map<String, Integer> own = new HashMap<>(indices);
            own.keySet().retainAll(m.shape().names());
            return Masks.orNone(at(m, own));
        });
        return select(tensor, offset, kept.stream().mapToInt(Integer::intValue).toArray()).with(mask);
    }

    static Tensor slice(Tensor tensor, String name, int from, int to) {
        int i = tensor.shape().require(name);
        Axis axis = tensor.shape().axes().get(i);
        int start = from < 0 ? from + axis.size() : from;
        int end = to < 0 ? to + axis.size() : to;
        if (start < 0 || start >= end || end > axis.size()) {
            throw new UsageException("slice " + from + " to " + to + " of " + axis.name() + " is empty or outside its "
                    + axis.size() + "; the end is exclusive, negative counts from the end");
        }
        List<Axis> axes = new ArrayList<>(tensor.shape().axes());
        axes.set(i, new Axis(name, end - start));
        return tensor.view(new Shape(axes), tensor.offset() + start * tensor.strides()[i], tensor.strides())
                .with(Masks.view(tensor, name, mask -> slice(mask, name, start, end)));
    }

    static Tensor transpose(Tensor tensor, String... names) {
        Shape shape = tensor.shape();
        int[] order = Arrays.stream(names).mapToInt(name -> shape.require(name)).toArray();
        if (order.length != shape.rank() || Arrays.stream(order).distinct().count() != order.length) {
            throw new UsageException(
                    "transpose takes every axis of " + shape + " once, not " + String.join(", ", names));
        }
        return select(tensor, tensor.offset(), order).with(tensor.mask());
    }

    /** Swaps the last two axes. */
    static Tensor transpose(Tensor tensor) {
        int rank = tensor.shape().rank();
        if (rank < 2) throw new UsageException("transpose needs two axes; " + tensor.shape() + " has " + rank);
        int[] order = IntStream.range(0, rank).toArray();
        order[rank - 2] = rank - 1;
        order[rank - 1] = rank - 2;
        return select(tensor, tensor.offset(), order).with(tensor.mask());
    }

    static Tensor diagonal(Tensor tensor, int offset) {
        int rank = tensor.shape().rank();
        if (rank < 2) throw new UsageException("diagonal needs two axes; " + tensor.shape() + " has " + rank);
        Axis rows = tensor.shape().axes().get(rank - 2), columns = tensor.shape().axes().get(rank - 1);
        long rowStride = tensor.strides()[rank - 2], columnStride = tensor.strides()[rank - 1];
        int firstRow = Math.max(0, -offset), firstColumn = Math.max(0, offset);
        int length = Math.min(rows.size() - firstRow, columns.size() - firstColumn);
        if (length <= 0) {
            throw new UsageException(
                    "diagonal " + offset + " lies outside " + tensor.shape() + ": " + rows.name() + " " + rows.size()
                            + " and " + columns.name() + " " + columns.size() + " have diagonals " + (1 - rows.size())
                            + " to " + (columns.size() - 1));
        }
        List<Axis> axes = new ArrayList<>(tensor.shape().axes().subList(0, rank - 2));
        axes.add(new Axis(rows.name(), length));
        long[] strides = Arrays.copyOf(tensor.strides(), rank - 1);
        strides[rank - 2] = rowStride + columnStride;
        return tensor.view(new Shape(axes), tensor.offset() + firstRow * rowStride + firstColumn * columnStride,
                strides).with(tensor.mask().flatMap(mask -> Masks.diagonal(mask, rows, columns, offset, length)));
    }

    static Tensor rename(Tensor tensor, String from, String to) {
        List<Axis> axes = new ArrayList<>(tensor.shape().axes());
        int i = tensor.shape().require(from);
        if (!to.equals(from) && tensor.shape().indexOf(to) >= 0)
            throw new UsageException("rename " + from + " to " + to + ": " + tensor.shape() + " has an axis " + to);
        axes.set(i, new Axis(to, axes.get(i).size()));
        return tensor.view(new Shape(axes), tensor.offset(), tensor.strides())
                .with(Masks.view(tensor, from, mask -> rename(mask, from, to)));
    }

    static Tensor reshape(Tensor tensor, Shape shape) {
        if (shape.elements() != tensor.elements()) {
            throw new UsageException(
                    "reshape of " + tensor.shape() + ", " + tensor.elements() + " elements, to " + shape
                            + ", " + shape.elements());
        }
        Tensor source = tensor.contiguous() ? tensor : tensor.copy();
        return source.view(shape, source.offset(), shape.strides()).with(Masks.reshaped(tensor, shape));
    }

    /** Broadcasts a tensor along the axes of {@code target} that it lacks, or has with size 1; without a mask. */
    static Tensor broadcast(Tensor tensor, Shape target) {
        long[] strides = new long[target.rank()];
        for (int i = 0; i < strides.length; i++) {
            int own = tensor.shape().indexOf(target.axes().get(i).name());
            strides[i] = own < 0 || tensor.shape().size(own) == 1 ? 0 : tensor.strides()[own];
        }
        return tensor.view(target, tensor.offset(), strides);
    }

    /** Keeps the axes of these indices, in this order, and drops the others at {@code offset}; without a mask. */
    static Tensor select(Tensor tensor, long offset, int[] order) {
        List<Axis> axes = Arrays.stream(order).mapToObj(i -> tensor.shape().axes().get(i)).toList();
        return tensor.view(new Shape(axes), offset, Arrays.stream(order).mapToLong(i -> tensor.strides()[i]).toArray());
    }
}
