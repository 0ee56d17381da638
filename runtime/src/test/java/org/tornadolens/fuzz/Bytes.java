package org.tornadolens.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bytes that grow, little-endian. */
final class Bytes {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes i8(int value) {
        out.write(value);
        return this;
    }

    Bytes i32(int value) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    Bytes i64(long value) {
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
        return this;
    }

    Bytes f32(float value) { return i32(Float.floatToRawIntBits(value)); }

    Bytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    Bytes raw(String text) { return raw(text.getBytes(StandardCharsets.UTF_8)); }

    /** A string as GGUF has them. */
    Bytes text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return i64(bytes.length).raw(bytes);
    }

    int size() { return out.size(); }

    byte[] toArray() { return out.toByteArray(); }
}
