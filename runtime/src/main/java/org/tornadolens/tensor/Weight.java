package org.tornadolens.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.tornadolens.memory.OffHeap;

/**
 * A parameter as stored in its file: {@code rows × columns}, row-major, of any {@link DType}, read in place and never
 * written. The weight of a linear layer is [out, in], so that row r produces output r. A vector has one row.
 *
 * @param name  the canonical name, {@code blocks.3.attn.W_Q}
 * @param order the order of canonical rows in {@code data}
 */
public record Weight(String name, DType type, int rows, int columns, MemorySegment data, RowOrder order) {

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public Weight {
        long expected = Math.multiplyExact((long) rows, type.bytes(columns));
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(name + ": " + rows + "×" + columns + " " + type + " takes " + expected
                    + " bytes, not " + data.byteSize());
        }
    }

    public Weight(String name, DType type, int rows, int columns, MemorySegment data) {
        this(name, type, rows, columns, data, RowOrder.IDENTITY);
    }

    /** Returns an f32 weight with these values, copied to off-heap memory. */
    public static Weight of(String name, int rows, int columns, float[] values) {
        MemorySegment data = OffHeap.allocate((long) rows * columns * Float.BYTES, name);
        MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
        return new Weight(name, DType.F32, rows, columns, data);
    }

    /** Returns the size of a stored row in bytes. */
    public long rowBytes() { return type.bytes(columns); }

    public long elements() { return (long) rows * columns; }

    /** Returns the byte offset of a canonical row in {@link #data}. */
    public long rowOffset(int row) {
        return order.stored(row) * rowBytes();
    }

    /** Decodes one element by decoding its block, for tests and single numbers; otherwise use {@link #row}. */
    public float get(int row, int column) {
        int elements = type.blockElements();
        float[] block = new float[elements];
        long from = rowOffset(row) + (long) (column / elements) * type.blockBytes();
        type.format().decode(data, from, elements, block, 0);
        return block[column % elements];
    }

    /** Decodes a canonical row to {@code out}. */
    public void row(int row, float[] out) {
        type.format().decode(data, rowOffset(row), columns, out, 0);
    }
}
