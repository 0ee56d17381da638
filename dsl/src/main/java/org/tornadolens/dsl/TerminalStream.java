package org.tornadolens.dsl;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A stream to a terminal. Text of models, files and scripts may hold control sequences, with which a terminal can be
 * made to change its title or its clipboard, or to show something else than was printed; this stream writes their
 * characters as {@code <U+001B>}. Line feeds and tabs pass. What goes to a file or a pipe is never changed.
 *
 * <p>Escaped are the controls of ASCII and of Latin-1 (C0, DEL, C1), and the characters that change the direction of
 * text (Boucher and Anderson 2021, "Trojan Source").
 */
public final class TerminalStream extends PrintStream {

    private final OutputStream terminal;

    /** @param terminal takes the bytes of the terminal, UTF-8 */
    public TerminalStream(OutputStream terminal) {
        super(new Escaping(terminal), true, StandardCharsets.UTF_8);
        this.terminal = terminal;
    }

    /** Writes a control sequence of the program's own, where the stream is a terminal; elsewhere it is text. */
    public static void sequence(PrintStream to, String sequence) {
        if (!(to instanceof TerminalStream stream)) {
            to.print(sequence);
            return;
        }
        stream.flush();
        try {
            stream.terminal.write(sequence.getBytes(StandardCharsets.UTF_8));
            stream.terminal.flush();
        } catch (IOException e) {
            stream.setError();
        }
    }

    /** Returns a text as this stream writes it. */
    public static String escaped(String text) {
        if (text.codePoints().noneMatch(TerminalStream::controls)) return text;
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (controls(point)) escaped.append(escape(point));
            else escaped.appendCodePoint(point);
        });
        return escaped.toString();
    }

    private static boolean controls(int point) {
        if (point < 0x20) return point != '\n' && point != '\t';
        return point >= 0x7F && point < 0xA0 || point == 0x061C || point == 0x200E || point == 0x200F
                || point >= 0x202A && point <= 0x202E || point >= 0x2066 && point <= 0x2069;
    }

    private static String escape(int point) { return "<U+%04X>".formatted(point); }

    /** Decodes UTF-8 as far as it has to. A character's bytes may arrive one by one. */
    private static final class Escaping extends OutputStream {

        private final OutputStream out;
        private final byte[] pending = new byte[3];
        private int count;      // bytes of pending
        private int needed;     // bytes that its character has; 0: none is pending

        Escaping(OutputStream out) { this.out = out; }

        @Override public synchronized void write(int value) throws IOException {
            write(new byte[]{(byte) value}, 0, 1);
        }

        @Override public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
            int kept = offset;   // what precedes is written
            for (int i = offset; i < offset + length; i++) {
                int value = bytes[i] & 0xFF;
                if (needed > 0 && (value & 0xC0) == 0x80) {
                    kept = i + 1;
                    pending[count++] = bytes[i];
                    if (count == needed) character();
                    continue;
                }
                if (needed > 0) release();   // it was no character
                boolean lead = value == 0xC2 || value == 0xD8 || value == 0xE2;   // of all that is escaped
                boolean newLine = value == '\r' && i + 1 < offset + length && bytes[i + 1] == '\n';
                if (!lead && (newLine || !controls(value) || value >= 0x80)) continue;
                out.write(bytes, kept, i - kept);
                kept = i + 1;
                if (lead) {
                    pending[0] = bytes[i];
                    count = 1;
                    needed = value == 0xE2 ? 3 : 2;
                } else {
                    out.write(escape(value).getBytes(StandardCharsets.US_ASCII));
                }
            }
            out.write(bytes, kept, offset + length - kept);
        }

        private void character() throws IOException {
            int point = needed == 2 ? (pending[0] & 0x1F) << 6 | pending[1] & 0x3F
                    : (pending[0] & 0x0F) << 12 | (pending[1] & 0x3F) << 6 | pending[2] & 0x3F;
            if (controls(point)) {
                out.write(escape(point).getBytes(StandardCharsets.US_ASCII));
                count = needed = 0;
            } else {
                release();
            }
        }

        private void release() throws IOException {
            out.write(pending, 0, count);
            count = needed = 0;
        }

        @Override public synchronized void flush() throws IOException { out.flush(); }

        @Override public synchronized void close() throws IOException {
            release();
            out.close();
        }
    }
}
