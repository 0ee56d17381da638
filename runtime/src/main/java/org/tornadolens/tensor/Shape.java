package org.tornadolens.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/** The axes of a tensor, outermost first. */
public record Shape(List<Axis> axes) {

    public Shape {
        axes = List.copyOf(axes);
        if (axes.stream().map(Axis::name).distinct().count() != axes.size()) {
            throw new UsageException("an axis name occurs twice in " + axes);
        }
    }

    /** Returns a shape from names and sizes: {@code Shape.of("batch", 2, "pos", 7)}. */
    public static Shape of(Object... namesAndSizes) {
        Axis[] axes = new Axis[namesAndSizes.length / 2];
        for (int i = 0; i < axes.length; i++)
            axes[i] = new Axis((String) namesAndSizes[2 * i], (Integer) namesAndSizes[2 * i + 1]);
        return new Shape(Arrays.asList(axes));
    }

    /** Returns this shape with another axis before the others. */
    public Shape with(String name, int size) {
        return new Shape(Stream.concat(Stream.of(new Axis(name, size)), axes.stream()).toList());
    }

    /** Returns this shape without an axis. */
    public Shape without(String name) {
        return new Shape(axes.stream().filter(axis -> !axis.name().equals(name)).toList());
    }

    /** Returns this shape with another size of an axis. */
    public Shape resized(String name, int size) {
        return new Shape(axes.stream().map(axis -> axis.name().equals(name) ? new Axis(name, size) : axis).toList());
    }

    public int rank() { return axes.size(); }

    public int size(int axis) { return axes.get(axis).size(); }

    /** Returns the index of the axis of this name, or -1. */
    public int indexOf(String name) {
        for (int i = 0; i < axes.size(); i++) if (axes.get(i).name().equals(name)) return i;
        return -1;
    }

    /** @throws UsageException with the nearest name if there is no axis of this name */
    public int require(String name) {
        int axis = indexOf(name);
        if (axis >= 0) return axis;
        throw new UsageException("no axis \"" + name + "\" in " + this
                + (axes.isEmpty() ? "; a number has none" : "; nearest: " + Nearest.to(name, names()).getFirst()));
    }

    public List<String> names() { return axes.stream().map(Axis::name).toList(); }

    public int[] sizes() { return axes.stream().mapToInt(Axis::size).toArray(); }

    public long elements() {
        long product = 1;
        for (Axis axis : axes) product = Math.multiplyExact(product, (long) axis.size());
        return product;
    }

    /** Returns row-major strides, in elements. */
    public long[] strides() {
        long[] strides = new long[rank()];
        long stride = 1;
        for (int i = rank() - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= size(i);
        }
        return strides;
    }

    @Override public String toString() {
        return axes.stream().map(Axis::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
