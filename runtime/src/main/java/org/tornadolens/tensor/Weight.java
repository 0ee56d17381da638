package org.tornadolens.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A model parameter as its file holds it: {@code rows × columns}, row-major, any {@link DType}, read in place and
 * never written. A linear layer's weight is [out, in], so that row r produces output r. A vector has one row.
 *
 * @param name  the canonical parameter name, {@code blocks.3.attn.W_Q}
 * @param order where canonical rows lie in {@code data}
 */
public record Weight(String name, DType type, int rows, int columns, MemorySegment data, RowOrder order) {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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

    /** An f32 weight of these values, copied off the heap. */
    public static Weight of(String name, int rows, int columns, float[] values) {
        MemorySegment data = Arena.ofAuto().allocate((long) rows * columns * Float.BYTES, 64);
        MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
        return new Weight(name, DType.F32, rows, columns, data);
    }

    /** Bytes of one stored row. */
    public long rowBytes() { return type.bytes(columns); }

    public long elements() { return (long) rows * columns; }

    /** Byte offset of canonical row {@code row} in {@link #data}. */
    public long rowOffset(int row) { return order.stored(row) * rowBytes(); }

    /** One element, decoded. Slow, and the oracle of every vector path. */
    public float get(int row, int column) {
        long block = rowOffset(row) + (long) (column / type.blockElements()) * type.blockBytes();
        int j = column % type.blockElements();
        return switch (type) {
            case F32 -> data.get(FLOAT, block);
            case F16 -> half(block);
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, block) << 16);
            // f16 d, 32 int8
            case Q8_0 -> half(block) * data.get(JAVA_BYTE, block + 2 + j);
            // f16 d, 16 bytes: low nibbles are elements 0..15, high nibbles 16..31
            case Q4_0 -> half(block) * (((unsigned(block + 2 + j % 16) >> (j / 16 * 4)) & 15) - 8);
            case Q4_K -> q4k(block, j);
            case Q6_K -> q6k(block, j);
        };
    }

    /** Row {@code row}, decoded into {@code out}. */
    public void row(int row, float[] out) {
        switch (type) {
            case F32 -> MemorySegment.copy(data, FLOAT, rowOffset(row), out, 0, columns);
            case F16 -> {
                short[] halves = shorts(row);
                for (int i = 0; i < columns; i++) out[i] = Float.float16ToFloat(halves[i]);
            }
            case BF16 -> {
                short[] upper = shorts(row);
                for (int i = 0; i < columns; i++) out[i] = Float.intBitsToFloat(upper[i] << 16);
            }
            case Q8_0, Q4_0, Q4_K, Q6_K -> { for (int column = 0; column < columns; column++) out[column] = get(row, column); }
        }
    }

    /** A row of numbers of two bytes: from an array the compiler converts many at once. */
    private short[] shorts(int row) {
        short[] numbers = new short[columns];
        MemorySegment.copy(data, SHORT, rowOffset(row), numbers, 0, columns);
        return numbers;
    }

    // f16 d, f16 dmin, 12 bytes of 6-bit scales and minima, 128 bytes of nibbles
    private float q4k(long block, int j) {
        int sub = j / 32;
        long scales = block + 4;
        int scale, minimum;
        if (sub < 4) {
            scale = unsigned(scales + sub) & 63;
            minimum = unsigned(scales + sub + 4) & 63;
        } else {
            scale = unsigned(scales + sub + 4) & 15 | unsigned(scales + sub - 4) >> 6 << 4;
            minimum = unsigned(scales + sub + 4) >> 4 | unsigned(scales + sub) >> 6 << 4;
        }
        int nibble = unsigned(block + 16 + sub / 2 * 32 + j % 32) >> (sub % 2 * 4) & 15;
        return half(block) * scale * nibble - half(block + 2) * minimum;
    }

    // 128 bytes of low nibbles, 64 of high bit pairs, 16 int8 scales, f16 d
    private float q6k(long block, int j) {
        int h = j / 128, quarter = j % 128 / 32, l = j % 32;
        int low = unsigned(block + 64 * h + 32 * (quarter % 2) + l) >> (quarter / 2 * 4) & 15;
        int high = unsigned(block + 128 + 32 * h + l) >> (2 * quarter) & 3;
        int scale = data.get(JAVA_BYTE, block + 192 + j / 16);
        return half(block + 208) * scale * ((low | high << 4) - 32);
    }

    private float half(long offset) { return Float.float16ToFloat(data.get(SHORT, offset)); }

    private int unsigned(long offset) { return data.get(JAVA_BYTE, offset) & 0xff; }
}
