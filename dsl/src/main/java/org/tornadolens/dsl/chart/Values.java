package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The numbers of a chart, row-major over their axes. The axes of an array are named {@code x} (columns) and {@code y}
 * (rows). NaN stands for a missing value; infinities are refused.
 */
public record Values(Shape shape, double[] data) {

    public Values {
        for (Axis axis : shape.axes()) {
            if (axis.size() == 0)
                throw new UsageException(
                        "nothing to draw: axis " + axis.name() + " of " + shape + " is empty");
        }
        if (data.length != shape.elements())
            throw new UsageException(shape + " has " + shape.elements() + " elements, not " + data.length);
        for (int i = 0; i < data.length; i++) {
            if (Double.isInfinite(data[i])) {
                throw new UsageException("the value at " + place(shape, i) + " is " + data[i]
                        + ", which has no place in a chart: leave it out, or put NaN there for a blank");
            }
        }
    }

    /** Returns the elements of a tensor; padding is missing. */
    public static Values of(Tensor given) {
        Tensor tensor = given.filled(Float.NaN);
        Shape shape = tensor.shape();
        double[] data = new double[Math.toIntExact(shape.elements())];
        int[] index = new int[shape.rank()];
        for (int i = 0; i < data.length; i++) {
            data[i] = tensor.get(index);
            for (int axis = index.length - 1; axis >= 0 && ++index[axis] == shape.size(axis); axis--) index[axis] = 0;
        }
        return new Values(shape, data);
    }

    public static Values of(double... data) { return of(new int[]{data.length}, data.clone()); }

    /** Returns the values of rows of equal length. */
    public static Values of(double[][] rows) {
        for (int i = 1; i < rows.length; i++) {
            if (rows[i].length != rows[0].length) {
                throw new UsageException("row " + i + " has " + rows[i].length + " numbers, row 0 has "
                        + rows[0].length + ": rows must be of one length");
            }
        }
        return of(new int[]{rows.length, rows.length == 0 ? 0 : rows[0].length},
                Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray());
    }

    /**
     * Returns the row-major numbers of an array of these sizes. Its last axis is named x, the one before y, and all
     * others by their index.
     */
    public static Values of(int[] sizes, double[] data) {
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            int fromLast = sizes.length - 1 - i;
            axes.add(new Axis(fromLast == 0 ? "x" : fromLast == 1 ? "y" : "axis " + i, sizes[i]));
        }
        return new Values(new Shape(axes), data);
    }

    int rank() { return shape.rank(); }

    int size(int axis) { return shape.size(axis); }

    String axis(int axis) { return shape.axes().get(axis).name(); }

    /** Returns the title of an axis; nothing for those of an array. */
    String title(int axis) {
        return axis(axis).equals("x") || axis(axis).equals("y") ? "" : axis(axis);
    }

    double at(int row, int column) { return data[row * size(1) + column]; }

    /** Returns a row along the last axis. */
    double[] row(int row) {
        int length = size(rank() - 1);
        return Arrays.copyOfRange(data, row * length, (row + 1) * length);
    }

    double min() { return finite().min().orElse(Double.NaN); }

    double max() { return finite().max().orElse(Double.NaN); }

    private DoubleStream finite() { return Arrays.stream(data).filter(value -> !Double.isNaN(value)); }

    /** Returns these numbers without leading axes of length 1, until {@code rank} axes are left. */
    Values squeezed(int rank) {
        List<Axis> axes = new ArrayList<>(shape.axes());
        for (int i = 0; i < axes.size() && axes.size() > rank;) {
            if (axes.get(i).size() == 1) axes.remove(i);
            else i++;
        }
        return axes.size() == rank() ? this : new Values(new Shape(axes), data);
    }

    /** Returns these values with at most {@code rank} axes, or refuses with the remedy. */
    Values atMost(int rank, String chart) {
        Values squeezed = squeezed(rank);
        if (squeezed.rank() <= rank) return squeezed;
        String take = shape.axes().subList(0, rank() - rank).stream().map(axis -> axis.name() + ": 0")
                .collect(Collectors.joining(", ", ".at({", "})"));
        throw new UsageException(
                chart + " has at most " + axes(rank) + ", this tensor has " + shape + ": take " + take + " or a mean");
    }

    static String axes(int count) { return count == 1 ? "1 axis" : count + " axes"; }

    private static String place(Shape shape, int element) {
        StringBuilder out = new StringBuilder("]");
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            out.insert(0, (axis == 0 ? "[" : ", ") + shape.axes().get(axis).name() + " " + element % shape.size(axis));
            element /= shape.size(axis);
        }
        return shape.rank() == 0 ? "[]" : out.toString();
    }
}
