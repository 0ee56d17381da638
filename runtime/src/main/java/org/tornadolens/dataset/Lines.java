package org.tornadolens.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lines of UTF-8 of a limited length; one that is longer, or is not UTF-8, is passed over whole and said to be. */
final class Lines implements AutoCloseable {

    /** Most bytes of a line: a file that is no text must not fill the memory. */
    static final int MOST_BYTES = 1 << 26;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
    private int at, end;
    private byte[] line = new byte[1 << 12];
    private int length;
    private long number;
    private String problem;

    Lines(InputStream in) { this.in = in; }

    /** Reads the next line, without its end; returns false at the end of the file. */
    boolean next() throws IOException {
        length = 0;
        problem = null;
        boolean any = false;
        while (true) {
            if (at == end) {
                end = Math.max(0, in.read(buffer));
                at = 0;
                if (end == 0) break;
            }
            any = true;
            int stop = at;
            while (stop < end && buffer[stop] != '\n') stop++;
            append(stop - at);
            boolean ended = stop < end;
            at = ended ? stop + 1 : stop;
            if (ended) break;
        }
        if (any) number++;
        if (length > 0 && line[length - 1] == '\r') length--;
        return any;
    }

    private void append(int count) {
        if (length + (long) count > MOST_BYTES) {
            problem = "the line is longer than " + (MOST_BYTES >> 20) + " MB";
            length = 0;
        }
        if (problem != null) return;
        if (length + count > line.length)
            line = Arrays.copyOf(line, Math.min(MOST_BYTES, Math.max(length + count, 2 * line.length)));
        System.arraycopy(buffer, at, line, length, count);
        length += count;
    }

    /** Returns the number of the line last read, from 1. */
    long number() { return number; }

    /** Returns the text of the line last read; null if it is none, as {@link #problem} says. */
    String text() {
        if (problem != null) return null;
        int from = number == 1 && length >= 3 && line[0] == (byte) 0xef && line[1] == (byte) 0xbb
                && line[2] == (byte) 0xbf ? 3 : 0;   // a byte order mark
        try {
            return decoder.decode(ByteBuffer.wrap(line, from, length - from)).toString();
        } catch (CharacterCodingException e) {
            problem = "the line is not UTF-8";
            return null;
        }
    }

    String problem() { return problem; }

    @Override public void close() throws IOException { in.close(); }
}
