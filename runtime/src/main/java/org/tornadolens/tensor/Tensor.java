package org.tornadolens.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An array of f32 with named axes, off the heap. A view shares its memory; every operation that computes returns a
 * new, contiguous tensor. Memory is freed when nothing refers to it any more.
 */
public final class Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Shape shape;
    private final MemorySegment data;
    private final long offset;      // elements
    private final long[] strides;   // elements

    Tensor(Shape shape, MemorySegment data, long offset, long[] strides) {
        this.shape = shape;
        this.data = data;
        this.offset = offset;
        this.strides = strides;
    }

    /** Zeros. */
    public static Tensor zeros(Shape shape) {
        long bytes = Math.max(Float.BYTES, Math.multiplyExact(shape.elements(), (long) Float.BYTES));
        return over(shape, Arena.ofAuto().allocate(bytes, 64));
    }

    /** A tensor over memory that holds its elements in row-major order. */
    public static Tensor over(Shape shape, MemorySegment data) {
        if (data.byteSize() < shape.elements() * Float.BYTES) {
            throw new IllegalArgumentException(shape + " takes " + shape.elements() * Float.BYTES + " bytes, not " + data.byteSize());
        }
        return new Tensor(shape, data, 0, shape.strides());
    }

    public static Tensor of(Shape shape, float... values) {
        if (values.length != shape.elements()) throw new IllegalArgumentException(shape + " has " + shape.elements() + " elements, not " + values.length);
        Tensor tensor = zeros(shape);
        MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
        return tensor;
    }

    public Shape shape() { return shape; }

    public long elements() { return shape.elements(); }

    public boolean contiguous() { return java.util.Arrays.equals(strides, shape.strides()); }

    /** The memory of a contiguous tensor, exactly its elements. */
    public MemorySegment data() {
        if (!contiguous()) throw new IllegalStateException("a view " + shape + " has no contiguous memory; copy() it first");
        return data.asSlice(offset * Float.BYTES, elements() * Float.BYTES);
    }

    public float get(int... index) { return data.getAtIndex(FLOAT, position(index)); }

    public void set(float value, int... index) { data.setAtIndex(FLOAT, position(index), value); }

    private long position(int[] index) {
        if (index.length != shape.rank()) throw new IllegalArgumentException(shape + " takes " + shape.rank() + " indices, not " + index.length);
        long at = offset;
        for (int i = 0; i < index.length; i++) at += java.util.Objects.checkIndex(index[i], shape.size(i)) * strides[i];
        return at;
    }
}
