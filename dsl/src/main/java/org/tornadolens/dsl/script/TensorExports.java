package org.tornadolens.dsl.script;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Top;

/** Behind {@code tensor.js}: whole-tensor operations. */
public final class TensorExports {

    // ---- making and describing

    /** A tensor of zeros; its {@link #buffer} is then filled. */
    @HostAccess.Export public Tensor zeros(Value axes, Value sizes) {
        return Tensor.zeros(shape(axes, sizes));
    }

    @HostAccess.Export public String[] axes(Tensor tensor) { return tensor.shape().names().toArray(String[]::new); }

    @HostAccess.Export public int[] sizes(Tensor tensor) { return tensor.shape().sizes(); }

    @HostAccess.Export public boolean contiguous(Tensor tensor) { return tensor.contiguous(); }

    @HostAccess.Export public ByteBuffer buffer(Tensor tensor) { return tensor.buffer(); }

    @HostAccess.Export public String print(Tensor tensor) { return tensor.toString(); }

    // ---- elements

    @HostAccess.Export public float item(Tensor tensor) { return tensor.item(); }

    /** One element; negative indices count from the end. */
    @HostAccess.Export public float get(Tensor tensor, Value index) {
        return element(tensor, index).item();
    }

    @HostAccess.Export public void set(Tensor tensor, Value index, double value) {
        element(tensor, index).fill((float) value);
    }

    private static Tensor element(Tensor tensor, Value index) {
        int[] indices = Arguments.ints(index);
        Shape shape = tensor.shape();
        if (indices.length != shape.rank()) {
            throw new UsageException(shape + " takes " + shape.rank() + " indices, not " + indices.length
                    + "; to name some axes only: { " + example(shape) + " }");
        }
        Map<String, Integer> named = new LinkedHashMap<>();
        for (int i = 0; i < indices.length; i++) named.put(shape.names().get(i), indices[i]);
        return tensor.at(named);
    }

    private static String example(Shape shape) { return shape.rank() == 0 ? "" : shape.names().getFirst() + ": 0"; }

    @HostAccess.Export public void fill(Tensor tensor, double value) { tensor.fill((float) value); }

    @HostAccess.Export public void assign(Tensor tensor, Tensor source) { tensor.assign(source); }

    @HostAccess.Export public Tensor copy(Tensor tensor) { return tensor.copy(); }

    // ---- views

    @HostAccess.Export public Tensor at(Tensor tensor, Value axes, Value indices) {
        List<String> names = Arguments.strings(axes);
        int[] at = Arguments.ints(indices);
        Map<String, Integer> named = new LinkedHashMap<>();
        for (int i = 0; i < at.length; i++) named.put(names.get(i), at[i]);
        return tensor.at(named);
    }

    @HostAccess.Export public Tensor slice(Tensor tensor, String axis, int from, int to) {
        return tensor.slice(axis, from, to);
    }

    @HostAccess.Export public int size(Tensor tensor, String axis) {
        return tensor.shape().size(tensor.shape().require(axis));
    }

    @HostAccess.Export public Tensor transpose(Tensor tensor, Value axes) { return tensor.transpose(names(axes)); }

    @HostAccess.Export public Tensor reshape(Tensor tensor, Value axes, Value sizes) {
        return tensor.reshape(shape(axes, sizes));
    }

    @HostAccess.Export public Tensor rename(Tensor tensor, String from, String to) { return tensor.rename(from, to); }

    @HostAccess.Export public Tensor diagonal(Tensor tensor, int offset) { return tensor.diagonal(offset); }

    @HostAccess.Export public Tensor gather(Tensor tensor, String axis, Value indices) {
        return tensor.gather(axis, Arguments.ints(indices));
    }

    @HostAccess.Export public Tensor concat(Value tensors, String axis) {
        return Tensor.concat(axis, Arguments.objects(tensors, Tensor.class));
    }

    @HostAccess.Export public Tensor stack(Value tensors, String axis) {
        return Tensor.stack(axis, Arguments.objects(tensors, Tensor.class));
    }

    // ---- padding

    /** Null if there is none. */
    @HostAccess.Export public Tensor mask(Tensor tensor) {
        return tensor.mask().map(Tensor::copy).orElse(null);
    }

    @HostAccess.Export public Tensor masked(Tensor tensor, Tensor mask) { return tensor.masked(mask); }

    @HostAccess.Export public Tensor filled(Tensor tensor, double value) {
        Tensor filled = tensor.filled((float) value);
        return filled == tensor ? tensor.copy() : filled;
    }

    // ---- arithmetic

    @HostAccess.Export public Tensor binary(String operation, Tensor left, Tensor right) {
        return switch (operation) {
            case "add" -> left.add(right);
            case "sub" -> left.sub(right);
            case "mul" -> left.mul(right);
            case "div" -> left.div(right);
            case "pow" -> left.pow(right);
            case "gt" -> left.gt(right);
            case "ge" -> left.ge(right);
            case "lt" -> left.lt(right);
            case "le" -> left.le(right);
            case "eq" -> left.eq(right);
            case "outer" -> left.outer(right);
            case "dot" -> left.dot(right);
            case "matmul" -> left.matmul(right);
            default -> throw new IllegalStateException(operation);
        };
    }

    @HostAccess.Export public Tensor binaryNumber(String operation, Tensor left, double right) {
        return binary(operation, left, Tensor.scalar((float) right));
    }

    @HostAccess.Export public Tensor unary(String operation, Tensor tensor) {
        return switch (operation) {
            case "abs" -> tensor.abs();
            case "exp" -> tensor.exp();
            case "log" -> tensor.log();
            case "sqrt" -> tensor.sqrt();
            case "neg" -> tensor.neg();
            case "relu" -> tensor.relu();
            case "sigmoid" -> tensor.sigmoid();
            default -> throw new IllegalStateException(operation);
        };
    }

    @HostAccess.Export public Tensor clip(Tensor tensor, double min, double max) { return tensor.clip(min, max); }

    @HostAccess.Export public Tensor cumsum(Tensor tensor, String axis) { return tensor.cumsum(axis); }

    @HostAccess.Export public Tensor sort(Tensor tensor, String axis, boolean descending) {
        return tensor.sort(axis, descending);
    }

    @HostAccess.Export public Tensor cosine(Tensor left, Tensor right, String axis) { return left.cosine(right, axis); }

    @HostAccess.Export public Tensor einsum(String axes, Value tensors) {
        return Tensor.einsum(axes, Arguments.objects(tensors, Tensor.class));
    }

    @HostAccess.Export public Tensor softmax(Tensor tensor, String axis) { return tensor.softmax(axis); }

    /** Over every element. */
    @HostAccess.Export public double reduceAll(String reduction, Tensor tensor) {
        return switch (reduction) {
            case "sum" -> tensor.sum();
            case "mean" -> tensor.mean();
            case "std" -> tensor.std();
            case "max" -> tensor.max();
            case "min" -> tensor.min();
            case "argmax" -> tensor.argmax();
            case "norm" -> tensor.norm();
            default -> throw new IllegalStateException(reduction);
        };
    }

    @HostAccess.Export public Tensor reduce(String reduction, Tensor tensor, Value axes) {
        String[] names = names(axes);
        return switch (reduction) {
            case "sum" -> tensor.sum(names);
            case "mean" -> tensor.mean(names);
            case "std" -> tensor.std(names);
            case "max" -> tensor.max(names);
            case "min" -> tensor.min(names);
            case "argmax" -> tensor.argmax(names);
            case "norm" -> tensor.norm(names);
            default -> throw new IllegalStateException(reduction);
        };
    }

    /** The largest elements as rows [value, index of the first axis, of the second, …]. */
    @HostAccess.Export public double[][] top(Tensor tensor, int k) {
        List<double[]> rows = new ArrayList<>();
        for (Top top : tensor.top(k)) {
            double[] row = new double[1 + top.index().size()];
            row[0] = top.value();
            int i = 1;
            for (int index : top.index().values()) row[i++] = index;
            rows.add(row);
        }
        return rows.toArray(double[][]::new);
    }

    private static String[] names(Value axes) { return Arguments.strings(axes).toArray(String[]::new); }

    private static Shape shape(Value axes, Value sizes) {
        List<String> names = Arguments.strings(axes);
        int[] lengths = Arguments.ints(sizes);
        List<Axis> shape = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) shape.add(new Axis(names.get(i), lengths[i]));
        return new Shape(shape);
    }
}
