package org.tornadolens.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.UsageException;

/**
 * Masks of tensors: tensors over some of the axes, 1 where elements count and 0 at padding. A mask that is 1 everywhere
 * is dropped, so that batches without padding cost nothing.
 */
final class Masks {

    private Masks() {}

    /** Returns the mask unless every element counts. */
    static Optional<Tensor> orNone(Tensor mask) {
        Cursor in = new Cursor(mask);
        float[] x = new float[Cursor.BUFFER];
        for (int n; (n = in.read(x)) > 0;)
            for (int i = 0; i < n; i++) if (x[i] == 0) return Optional.of(mask);
        return Optional.empty();
    }

    static Tensor masked(Tensor tensor, Tensor mask) {
        for (Axis axis : mask.shape().axes()) {
            if (!tensor.shape().axes().contains(axis))
                throw new UsageException("masked: " + mask.shape() + " is no mask of " + tensor.shape()
                        + ": its axes must be among the tensor's, of the same size");
        }
        Tensor counts = mask.unmasked().eq(Tensor.scalar(0)).eq(Tensor.scalar(0));
        return tensor.with(both(tensor.mask(), Optional.of(counts)).flatMap(Masks::orNone));
    }

    /** Returns the mask of elements that count in both tensors. */
    static Optional<Tensor> both(Optional<Tensor> left, Optional<Tensor> right) {
        if (left.isEmpty()) return right;
        if (right.isEmpty() || left.get() == right.get()) return left;
        return Optional.of(Elementwise.outer(left.get(), right.get()));
    }

    /** Returns the mask of a reduction over some axes, whose elements count if any of those reduced does. */
    static Optional<Tensor> anyOf(Optional<Tensor> mask, String... reduced) {
        return mask.flatMap(own -> {
            String[] shared =
                    Arrays.stream(reduced).filter(axis -> own.shape().indexOf(axis) >= 0).toArray(String[]::new);
            return shared.length == 0 ? mask : orNone(Reductions.max(own, shared));
        });
    }

    /** Returns the mask as a view with the axes of its tensor; the tensor itself if it has none. */
    static Tensor whole(Tensor tensor) {
        return tensor.mask().map(mask -> Views.broadcast(mask, tensor.shape())).orElse(tensor);
    }

    /** Returns the mask of a tensor that is broadcast to a shape. */
    static Optional<Tensor> broadcast(Tensor tensor, Shape target) {
        return tensor.mask().map(mask -> {
            for (Axis axis : mask.shape().axes()) {
                if (axis.size() != target.size(target.indexOf(axis.name()))) mask = mask.at(axis.name(), 0);
            }
            return mask;
        });
    }

    /** Returns the mask of a view that changes one axis. */
    static Optional<Tensor> view(Tensor tensor, String axis, UnaryOperator<Tensor> change) {
        return tensor.mask()
                .flatMap(mask -> mask.shape().indexOf(axis) < 0 ? Optional.of(mask) : orNone(change.apply(mask)));
    }

    /** Returns the mask of the diagonal of the last two axes of a tensor. */
    static Optional<Tensor> diagonal(Tensor mask, Axis rows, Axis columns, int offset, int length) {
        boolean byRow = mask.shape().indexOf(rows.name()) >= 0, byColumn = mask.shape().indexOf(columns.name()) >= 0;
        int firstRow = Math.max(0, -offset), firstColumn = Math.max(0, offset);
        if (byRow && byColumn) {
            List<String> others = mask.shape().without(rows.name()).without(columns.name()).names();
            String[] order = Stream
                    .concat(others.stream(), Stream.of(rows.name(), columns.name()))
                    .toArray(String[]::new);
            return orNone(mask.transpose(order).diagonal(offset));
        }
        if (byRow) return orNone(mask.slice(rows.name(), firstRow, firstRow + length));
        if (!byColumn) return Optional.of(mask);
        return orNone(mask.slice(columns.name(), firstColumn, firstColumn + length).rename(columns.name(),
                rows.name()));
    }

    /** Returns the mask of a reshaped tensor. */
    static Optional<Tensor> reshaped(Tensor tensor, Shape shape) {
        return tensor.mask().map(mask -> {
            List<Axis> before = tensor.shape().axes().stream().filter(axis -> axis.size() > 1).toList(),
                    after = shape.axes().stream().filter(axis -> axis.size() > 1).toList();
            boolean same = before.equals(after) && shape.names().containsAll(mask.shape().names());
            return same ? mask : Views.reshape(Views.broadcast(mask, tensor.shape()).copy(), shape);
        });
    }

    /** Returns a tensor whose masked elements are 0 if the mask depends on one of these axes, without a mask. */
    static Tensor zeroed(Tensor tensor, List<String> axes) {
        boolean depends = tensor.mask().map(mask -> mask.shape().names().stream().anyMatch(axes::contains))
                .orElse(false);
        return depends ? filled(tensor, 0) : tensor.unmasked();
    }

    static Tensor filled(Tensor tensor, float value) {
        Tensor filled = Tensor.zeros(tensor.shape());
        Cursor in = new Cursor(tensor), real = new Cursor(whole(tensor)), out = new Cursor(filled);
        float[] x = new float[Cursor.BUFFER], counts = new float[Cursor.BUFFER];
        for (int n; (n = in.read(x)) > 0; out.write(x, n)) {
            real.read(counts);
            for (int i = 0; i < n; i++) if (counts[i] == 0) x[i] = value;
        }
        return filled;
    }

    /** Returns the mask of tensors that are laid out along an axis, {@code axis.size()} indices in all. */
    static Optional<Tensor> joined(Axis axis, List<Tensor> tensors, int[] starts) {
        if (tensors.stream().allMatch(tensor -> tensor.mask().isEmpty())) return Optional.empty();
        List<Axis> axes = tensors.getFirst().shape().axes().stream().filter(own -> !own.name().equals(axis.name()))
                .filter(own -> tensors.stream().flatMap(tensor -> tensor.mask().stream())
                        .anyMatch(mask -> mask.shape().indexOf(own.name()) >= 0))
                .toList();
        Tensor joined = Tensor.zeros(new Shape(axes).with(axis.name(), axis.size()));
        joined.fill(1);
        IntStream.range(0, tensors.size()).forEach(i -> {
            int to = i + 1 < starts.length ? starts[i + 1] : axis.size();
            tensors.get(i).mask().ifPresent(mask -> joined.slice(axis.name(), starts[i], to).assign(mask));
        });
        return orNone(joined);
    }
}
