package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/** The unquantised element types of tensor files, named as in safetensors; little-endian, each read as f32. */
enum ElementType {
    BOOL(1), U8(1), I8(1), U16(2), I16(2), F16(2), BF16(2), U32(4), I32(4), F32(4), U64(8), I64(8), F64(8);

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final int bytes;

    ElementType(int bytes) { this.bytes = bytes; }

    static Optional<ElementType> named(String name) {
        for (ElementType type : values()) if (type.name().equals(name)) return Optional.of(type);
        return Optional.empty();
    }

    /** Returns the element at this byte offset; wide integers and f64 are rounded. */
    float get(MemorySegment data, long at) {
        return switch (this) {
            case BOOL, U8 -> data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            case I8 -> data.get(ValueLayout.JAVA_BYTE, at);
            case U16 -> data.get(SHORT, at) & 0xffff;
            case I16 -> data.get(SHORT, at);
            case F16 -> Float.float16ToFloat(data.get(SHORT, at));
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, at) << 16);
            case U32 -> data.get(INT, at) & 0xffffffffL;
            case I32 -> data.get(INT, at);
            case F32 -> Float.intBitsToFloat(data.get(INT, at));
            case U64 -> unsigned(data.get(LONG, at));
            case I64 -> data.get(LONG, at);
            case F64 -> (float) Double.longBitsToDouble(data.get(LONG, at));
        };
    }

    // the lowest bit keeps the one that is shifted out sticky, so that rounding stays correct
    private static float unsigned(long value) { return value >= 0 ? value : (float) (value >>> 1 | value & 1) * 2; }
}
