package org.tornadolens.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.tensor.Elementwise.Binary;
import org.tornadolens.tensor.Elementwise.Unary;

/**
 * An f32 array with named axes in off-heap memory. Views share memory; operations that compute return a new, contiguous
 * tensor. Memory is freed when no tensor, view or {@link #buffer} refers to it any more.
 *
 * <p>A tensor of a padded batch has a {@link #mask}. Views and elementwise operations keep it, those of two tensors
 * combine both. Reductions, products that sum over a masked axis, {@link #top}, {@link #softmax}, {@link #cumsum} and
 * {@link #sort} leave masked elements out. An element of a result for which every element was masked is masked itself
 * and 0; a reduction to one number of nothing but masked elements is an error. Elements that are read one by one or as
 * an array are not affected.
 *
 * <p>Unknown axes, shapes that do not match and indices out of range are a {@link org.tornadolens.UsageException} with
 * the nearest name, both shapes or the range.
 */
public final class Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Shape shape;
    private final MemorySegment segment;
    private final long offset;      // in elements
    private final long[] strides;   // in elements
    private final Optional<Tensor> mask;

    private Tensor(Shape shape, MemorySegment segment, long offset, long[] strides, Optional<Tensor> mask) {
        this.shape = shape;
        this.segment = segment;
        this.offset = offset;
        this.strides = strides;
        this.mask = mask;
    }

    /** Returns a tensor of zeros. */
    public static Tensor zeros(Shape shape) {
        Interruption.check();      // a run that keeps everything clears gigabytes, one tensor after the other
        long bytes = Math.max(Float.BYTES, Math.multiplyExact(shape.elements(), (long) Float.BYTES));
        return over(shape, OffHeap.allocate(bytes, "a tensor " + shape));
    }

    /** Returns a tensor over existing memory with the elements in row-major order. */
    public static Tensor over(Shape shape, MemorySegment data) {
        if (data.byteSize() < shape.elements() * Float.BYTES) {
            throw new IllegalArgumentException(
                    shape + " takes " + shape.elements() * Float.BYTES + " bytes, not " + data.byteSize());
        }
        return new Tensor(shape, data, 0, shape.strides(), Optional.empty());
    }

    public static Tensor of(Shape shape, float... values) {
        if (values.length != shape.elements())
            throw new IllegalArgumentException(shape + " has " + shape.elements() + " elements, not " + values.length);
        Tensor tensor = zeros(shape);
        MemorySegment.copy(values, 0, tensor.segment, FLOAT, 0, values.length);
        return tensor;
    }

    /** Returns a tensor of one number, without axes. */
    public static Tensor scalar(float value) {
        return of(Shape.of(), value);
    }

    /** Stacks tensors of equal shape along a new first axis. */
    public static Tensor stack(String axis, List<Tensor> tensors) {
        return Joining.stack(axis, tensors);
    }

    /** Joins tensors along an axis that all of them have; their other axes are equal, in any order. */
    public static Tensor concat(String axis, List<Tensor> tensors) {
        return Joining.concat(axis, tensors);
    }

    /**
     * Returns a sum of products by axis name (Einstein summation): {@code "batch pos dModel, dModel dVocab -> batch pos
     * dVocab"}. Axes that the result does not name are summed over.
     */
    public static Tensor einsum(String axes, List<Tensor> tensors) { return Einsum.of(axes, tensors); }

    // ---- shape and memory

    public Shape shape() { return shape; }

    public long elements() { return shape.elements(); }

    /** Returns whether the elements are in row-major order in memory, without gaps. */
    public boolean contiguous() {
        long expected = 1;
        for (int axis = strides.length - 1; axis >= 0; expected *= shape.size(axis--))
            if (shape.size(axis) != 1 && strides[axis] != expected) return false;
        return true;
    }

    /** Returns the memory of a contiguous tensor, exactly its elements. */
    public MemorySegment data() {
        if (!contiguous())
            throw new UsageException(
                    "the elements of this view " + shape + " are not contiguous in memory; copy() it first");
        return segment.asSlice(offset * Float.BYTES, elements() * Float.BYTES);
    }

    /** Returns the memory of a contiguous tensor of at most 2 GiB as a writable buffer in native byte order. */
    public ByteBuffer buffer() {
        if (elements() * Float.BYTES > Integer.MAX_VALUE) {
            throw new UsageException(shape + " has " + elements() + " elements, more than one array can hold ("
                    + Integer.MAX_VALUE / Float.BYTES + "); slice it or take at() first");
        }
        return data().asByteBuffer().order(ByteOrder.nativeOrder());
    }

    MemorySegment segment() { return segment; }

    long offset() { return offset; }

    long[] strides() { return strides; }

    /** Returns a view with other axes over the same memory, without a mask. */
    Tensor view(Shape shape, long offset, long[] strides) {
        return new Tensor(shape, segment, offset, strides, Optional.empty());
    }

    // ---- masks

    /** Returns 1 at elements that count and 0 at padding, over some of the axes; absent if all elements count. */
    public Optional<Tensor> mask() {
        return mask;
    }

    /** Returns 1 at elements that count and 0 at padding, with all axes; read-only. */
    public Tensor counts() {
        return Views.broadcast(mask.orElse(scalar(1)), shape);
    }

    /** Returns a view in which elements also count only where {@code mask} is not 0; its axes are among this one's. */
    public Tensor masked(Tensor mask) {
        return Masks.masked(this, mask);
    }

    /** Returns a view in which every element counts. */
    public Tensor unmasked() {
        return mask.isEmpty() ? this : view(shape, offset, strides);
    }

    /** Returns this tensor with {@code value} at masked elements and without a mask; itself if it has none. */
    public Tensor filled(float value) {
        return mask.isEmpty() ? this : Masks.filled(this, value);
    }

    /** Returns this tensor with this mask in place of its own. */
    Tensor with(Optional<Tensor> mask) {
        return mask.isEmpty() && this.mask.isEmpty() ? this : new Tensor(shape, segment, offset, strides, mask);
    }

    // ---- elements

    public float get(int... index) { return segment.getAtIndex(FLOAT, position(index)); }

    public void set(float value, int... index) { segment.setAtIndex(FLOAT, position(index), value); }

    /** Returns the only element of a tensor with one element. */
    public float item() {
        if (elements() != 1) throw new UsageException(shape + " has " + elements() + " elements, not one");
        return segment.getAtIndex(FLOAT, offset);
    }

    private long position(int[] index) {
        if (index.length != shape.rank())
            throw new IllegalArgumentException(shape + " takes " + shape.rank() + " indices, not " + index.length);
        long at = offset;
        for (int i = 0; i < index.length; i++) at += Objects.checkIndex(index[i], shape.size(i)) * strides[i];
        return at;
    }

    /** Sets every element to {@code value}, in place. */
    public void fill(float value) { assign(scalar(value)); }

    /** Overwrites every element in place; the source is broadcast along axes that it lacks. */
    public void assign(Tensor source) {
        Elementwise.assign(this, source);
    }

    /** Returns a contiguous copy in new memory. */
    public Tensor copy() {
        Tensor copy = zeros(shape);
        Cursor in = new Cursor(this), out = new Cursor(copy);
        float[] x = new float[Cursor.BUFFER];
        for (int n; (n = in.read(x)) > 0;) out.write(x, n);
        return copy.with(mask);
    }

    /** Returns nested arrays: float[] for one axis, float[][] for two, …; a Float for none. */
    public Object toArray() {
        if (shape.rank() == 0) return item();
        if (shape.rank() == 1) {
            float[] values = new float[shape.size(0)];
            new Cursor(this).read(values);
            return values;
        }
        Object array = java.lang.reflect.Array.newInstance(float.class, shape.sizes());
        for (int i = 0; i < shape.size(0); i++)
            java.lang.reflect.Array.set(array, i, at(shape.names().getFirst(), i).toArray());
        return array;
    }

    // ---- views

    /** Selects one index of each of some axes, and drops these axes; negative indices count from the end. */
    public Tensor at(Map<String, Integer> indices) {
        return Views.at(this, indices);
    }

    public Tensor at(String axis, int index) { return Views.at(this, Map.of(axis, index)); }

    /** Selects the indices {@code from} (inclusive) to {@code to} (exclusive); negative ones count from the end. */
    public Tensor slice(String axis, int from, int to) {
        return Views.slice(this, axis, from, to);
    }

    /** Returns a copy of these indices of an axis, in this order; negative indices count from the end. */
    public Tensor gather(String axis, int... indices) {
        return Joining.gather(this, axis, indices);
    }

    /** Permutes the axes to this order; without names, swaps the last two. */
    public Tensor transpose(String... axes) {
        return axes.length == 0 ? Views.transpose(this) : Views.transpose(this, axes);
    }

    /**
     * Returns the elements in row-major order under other axes: a view if this tensor is contiguous, or else a copy.
     */
    public Tensor reshape(Shape shape) { return Views.reshape(this, shape); }

    public Tensor rename(String axis, String to) { return Views.rename(this, axis, to); }

    /**
     * Returns the elements [i, i + offset] of the last two axes as one axis with the name of the first. For a pattern
     * [.., dest, src], offset -1 gives the attention of every destination to the previous position, from destination 1
     * on.
     */
    public Tensor diagonal(int offset) { return Views.diagonal(this, offset); }

    // ---- elementwise; the axes of one are among those of the other, by name, and it is repeated along the rest

    public Tensor add(Tensor other) { return Elementwise.apply(Binary.ADD, this, other); }

    public Tensor sub(Tensor other) { return Elementwise.apply(Binary.SUB, this, other); }

    public Tensor mul(Tensor other) { return Elementwise.apply(Binary.MUL, this, other); }

    public Tensor div(Tensor other) { return Elementwise.apply(Binary.DIV, this, other); }

    public Tensor pow(Tensor other) { return Elementwise.apply(Binary.POW, this, other); }

    // comparisons: 1 where they hold, else 0

    public Tensor gt(Tensor other) { return Elementwise.apply(Binary.GT, this, other); }

    public Tensor ge(Tensor other) { return Elementwise.apply(Binary.GE, this, other); }

    public Tensor lt(Tensor other) { return Elementwise.apply(Binary.LT, this, other); }

    public Tensor le(Tensor other) { return Elementwise.apply(Binary.LE, this, other); }

    public Tensor eq(Tensor other) { return Elementwise.apply(Binary.EQ, this, other); }

    /** Returns products over the axes of both tensors: axes of the same name are matched, all others are paired. */
    public Tensor outer(Tensor other) {
        return Elementwise.outer(this, other);
    }

    public Tensor add(double other) { return Elementwise.apply(Binary.ADD, this, other); }

    public Tensor sub(double other) { return Elementwise.apply(Binary.SUB, this, other); }

    public Tensor mul(double other) { return Elementwise.apply(Binary.MUL, this, other); }

    public Tensor div(double other) { return Elementwise.apply(Binary.DIV, this, other); }

    public Tensor abs() { return Elementwise.apply(Unary.ABS, this); }

    public Tensor exp() { return Elementwise.apply(Unary.EXP, this); }

    /** Returns the natural logarithm. */
    public Tensor log() { return Elementwise.apply(Unary.LOG, this); }

    public Tensor sqrt() { return Elementwise.apply(Unary.SQRT, this); }

    public Tensor neg() { return Elementwise.apply(Unary.NEG, this); }

    /** Returns max(x, 0). */
    public Tensor relu() { return Elementwise.apply(Unary.RELU, this); }

    /** Returns 1 / (1 + exp(-x)). */
    public Tensor sigmoid() { return Elementwise.apply(Unary.SIGMOID, this); }

    /** Limits every element to a range; an infinite bound is no bound. */
    public Tensor clip(double min, double max) {
        return Elementwise.clip(this, min, max);
    }

    // ---- along one axis

    /** Computes exp(x) / Σ exp(x) along one axis. */
    public Tensor softmax(String axis) {
        return AlongAxis.softmax(this, axis);
    }

    /** Returns sums up to and including each index of an axis; a masked element adds nothing. */
    public Tensor cumsum(String axis) {
        return AlongAxis.cumsum(this, axis);
    }

    /** Sorts the elements along an axis; NaN comes last, and masked elements, as 0, after it. */
    public Tensor sort(String axis, boolean descending) {
        return AlongAxis.sort(this, axis, descending);
    }

    /** Returns the cosine of the angle between vectors along an axis; 0 where one of them is 0. */
    public Tensor cosine(Tensor other, String axis) {
        return AlongAxis.cosine(this, other, axis);
    }

    // ---- reductions over all elements or over the named axes, in double precision

    public double sum() { return Reductions.sum(this); }

    public Tensor sum(String... axes) { return Reductions.sum(this, axes); }

    public double mean() { return Reductions.mean(this); }

    public Tensor mean(String... axes) { return Reductions.mean(this, axes); }

    /** Returns the sample standard deviation, with division by n - 1 as in PyTorch. */
    public double std() {
        return Reductions.std(this);
    }

    public Tensor std(String... axes) { return Reductions.std(this, axes); }

    public double max() { return Reductions.max(this); }

    public Tensor max(String... axes) { return Reductions.max(this, axes); }

    public double min() { return Reductions.min(this); }

    public Tensor min(String... axes) { return Reductions.min(this, axes); }

    /** Returns the row-major index of the first largest element. */
    public long argmax() {
        return Reductions.argmax(this);
    }

    /** Returns the index of the first largest element along the named axes; for several, in their row-major order. */
    public Tensor argmax(String... axes) {
        return Reductions.argmax(this, axes);
    }

    /** Returns the square root of the sum of squares. */
    public double norm() { return Reductions.norm(this); }

    public Tensor norm(String... axes) { return Reductions.norm(this, axes); }

    /** Returns the {@code k} largest elements, or all if there are fewer, largest first, without NaN and padding. */
    public List<Top> top(int k) {
        return Top.of(this, k);
    }

    // ---- products

    /** Sums products over all shared axes; the result has this tensor's other axes, then those of {@code other}. */
    public Tensor dot(Tensor other) {
        return Products.dot(this, other);
    }

    /**
     * Returns the matrix product, which as in PyTorch contracts this tensor's last axis with the second to last (or
     * only) axis of {@code other}. Leading axes of {@code other} are matched by name, or added: [batch, pos, head,
     * dHead] times [head, dHead, dModel] is [batch, pos, head, dModel], each head with its own matrix.
     */
    public Tensor matmul(Tensor other) { return Products.matmul(this, other); }

    @Override public String toString() { return Printed.text(this); }
}
