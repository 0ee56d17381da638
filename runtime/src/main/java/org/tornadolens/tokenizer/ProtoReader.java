package org.tornadolens.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the fields of one protobuf message, in as much of the wire format as SentencePiece's ModelProto uses. Every
 * length is checked against the end of the message before anything is read or allocated.
 */
final class ProtoReader {

    private static final int VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;

    private final byte[] bytes;
    private final int end;
    private final String origin;   // for errors: the file
    private int position;
    private int field;
    private int wire;

    ProtoReader(byte[] bytes, String origin) { this(bytes, 0, bytes.length, origin); }

    private ProtoReader(byte[] bytes, int start, int end, String origin) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.origin = origin;
    }

    /** Moves to the next field, whose value must then be read or skipped; returns false at the end of the message. */
    boolean next() {
        if (position == end) return false;
        long key = rawVarint();
        if (key <= 7 || key > 0xFFFF_FFFFL) throw malformed("field key " + key);
        field = (int) (key >>> 3);
        wire = (int) key & 7;
        return true;
    }

    int field() { return field; }

    long varint() {
        expect(VARINT);
        return rawVarint();
    }

    boolean bool() { return varint() != 0; }

    float float32() {
        expect(FIXED32);
        int at = advance(4);
        return Float.intBitsToFloat(
                bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8 | (bytes[at + 2] & 0xFF) << 16 | bytes[at + 3] << 24);
    }

    /** Reads a string and checks that it is valid UTF-8. */
    String string() {
        expect(LENGTH);
        int length = length();
        int start = advance(length);
        return utf8(bytes, start, length, origin);
    }

    byte[] bytes() {
        expect(LENGTH);
        int length = length();
        int start = advance(length);
        return Arrays.copyOfRange(bytes, start, start + length);
    }

    ProtoReader message() {
        expect(LENGTH);
        int length = length();
        int start = advance(length);
        return new ProtoReader(bytes, start, start + length, origin);
    }

    void skip() {
        switch (wire) {
            case VARINT -> rawVarint();
            case FIXED64 -> advance(8);
            case LENGTH -> advance(length());
            case FIXED32 -> advance(4);
            default -> throw malformed("wire type " + wire + " of field " + field);
        }
    }

    static String utf8(byte[] bytes, int start, int length, String origin) {
        String text = new String(bytes, start, length, StandardCharsets.UTF_8);
        // Malformed input decodes to U+FFFD, which does not encode back to the same bytes.
        if (text.indexOf('\uFFFD') >= 0 && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8),
                Arrays.copyOfRange(bytes, start, start + length))) {
            throw new TokenizerException(origin, "not a tokenizer: text at byte " + start + " is not UTF-8");
        }
        return text;
    }

    private int length() {
        long length = rawVarint();
        if (length < 0 || length > end - position) throw malformed("a length of " + Long.toUnsignedString(length));
        return (int) length;
    }

    /** Moves past {@code count} bytes and returns the position of the first. */
    private int advance(int count) {
        if (count > end - position) throw malformed("a value cut short");
        int start = position;
        position += count;
        return start;
    }

    private long rawVarint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (position == end) throw malformed("a number cut short");
            byte b = bytes[position++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) return value;
        }
        throw malformed("a number longer than ten bytes");
    }

    private void expect(int expected) {
        if (wire != expected)
            throw malformed("wire type " + wire + " of field " + field + " where " + expected + " belongs");
    }

    private TokenizerException malformed(String what) {
        return new TokenizerException(origin, "not a SentencePiece model: " + what + " at byte " + position);
    }
}
