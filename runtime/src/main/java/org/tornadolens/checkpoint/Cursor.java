package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads a mapped file sequentially, little-endian. Every length is checked against the rest of the file before anything
 * is allocated for it.
 */
final class Cursor {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MappedFile file;
    private long position;

    Cursor(MappedFile file, long position) {
        this.file = file;
        seek(position);
    }

    void seek(long position) {
        this.position = position;
        if (position < 0 || position > file.size()) throw cutShort(0);
    }

    long position() { return position; }

    long remaining() { return file.size() - position; }

    byte i8() { return file.data().get(ValueLayout.JAVA_BYTE, advance(1)); }

    int u8() { return i8() & 0xff; }

    short i16() { return file.data().get(SHORT, advance(2)); }

    int u16() { return i16() & 0xffff; }

    int i32() { return file.data().get(INT, advance(4)); }

    long u32() { return i32() & 0xffffffffL; }

    long i64() { return file.data().get(LONG, advance(8)); }

    float f32() { return Float.intBitsToFloat(i32()); }

    double f64() { return Double.longBitsToDouble(i64()); }

    /** Checks a count of items of at least {@code bytesEach} bytes against the rest of the file, and returns it. */
    long count(long value, long bytesEach, String what) {
        if (value < 0 || value > remaining() / bytesEach) {
            throw new CheckpointException(file.path(),
                    "is cut short or damaged: " + Long.toUnsignedString(value) + " " + what
                            + " at byte " + position + " exceed the rest of the file");
        }
        return value;
    }

    byte[] bytes(long length) {
        byte[] bytes = new byte[Math.toIntExact(Math.min(count(length, 1, "bytes"), Integer.MAX_VALUE - 8))];
        MemorySegment.copy(file.data(), ValueLayout.JAVA_BYTE, advance(bytes.length), bytes, 0, bytes.length);
        return bytes;
    }

    String utf8(long length) { return new String(bytes(length), StandardCharsets.UTF_8); }

    String latin1(long length) { return new String(bytes(length), StandardCharsets.ISO_8859_1); }

    void skip(long bytes) { advance(bytes); }

    private long advance(long bytes) {
        if (bytes < 0 || bytes > remaining()) throw cutShort(bytes);
        long from = position;
        position += bytes;
        return from;
    }

    private CheckpointException cutShort(long bytes) {
        return new CheckpointException(file.path(), "is cut short: " + bytes + " bytes are needed at byte " + position
                + " and the file has " + file.size());
    }
}
