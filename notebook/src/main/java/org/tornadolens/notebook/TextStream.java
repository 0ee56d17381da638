package org.tornadolens.notebook;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Collects what is printed until it is taken. */
final class TextStream extends OutputStream {

    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override public synchronized void write(int value) { bytes.write(value); }

    @Override public synchronized void write(byte[] values, int offset, int length) {
        bytes.write(values, offset, length);
    }

    /** Returns the text since the last call; a character of which a part is missing waits for the rest. */
    synchronized String take() {
        byte[] all = bytes.toByteArray();
        int end = whole(all);
        bytes = new ByteArrayOutputStream();
        bytes.write(all, end, all.length - end);
        return new String(all, 0, end, StandardCharsets.UTF_8);
    }

    /** Returns the length without an unfinished character of UTF-8 at the end. */
    private static int whole(byte[] text) {
        for (int back = 1; back <= Math.min(3, text.length); back++) {
            int first = text[text.length - back] & 0xFF;
            if (first >> 6 == 0b10) continue;                                      // a later byte of a character
            int length = first >> 5 == 0b110 ? 2 : first >> 4 == 0b1110 ? 3 : first >> 3 == 0b11110 ? 4 : 1;
            return length > back ? text.length - back : text.length;
        }
        return text.length;
    }
}
