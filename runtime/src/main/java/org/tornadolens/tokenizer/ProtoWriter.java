package org.tornadolens.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the fields of one protobuf message. */
final class ProtoWriter {

    private byte[] bytes = new byte[64];
    private int size;

    ProtoWriter varint(int field, long value) { return raw((long) field << 3).raw(value); }

    ProtoWriter bool(int field, boolean value) { return varint(field, value ? 1 : 0); }

    ProtoWriter float32(int field, float value) {
        raw((long) field << 3 | 5).room(4);
        for (int bits = Float.floatToRawIntBits(value), i = 0; i < 4; i++, bits >>>= 8) bytes[size++] = (byte) bits;
        return this;
    }

    ProtoWriter bytes(int field, byte[] value) { return bytes(field, value, value.length); }

    ProtoWriter string(int field, String value) { return bytes(field, value.getBytes(StandardCharsets.UTF_8)); }

    ProtoWriter message(int field, ProtoWriter value) { return bytes(field, value.bytes, value.size); }

    /** Empties this writer for the next message. */
    ProtoWriter clear() {
        size = 0;
        return this;
    }

    byte[] toBytes() { return Arrays.copyOf(bytes, size); }

    private ProtoWriter bytes(int field, byte[] value, int length) {
        raw((long) field << 3 | 2).raw(length).room(length);
        System.arraycopy(value, 0, bytes, size, length);
        size += length;
        return this;
    }

    private ProtoWriter raw(long value) {
        room(10);
        while ((value & ~0x7FL) != 0) {
            bytes[size++] = (byte) (value & 0x7F | 0x80);
            value >>>= 7;
        }
        bytes[size++] = (byte) value;
        return this;
    }

    private void room(int count) {
        if (count > bytes.length - size) bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + count));
    }
}
