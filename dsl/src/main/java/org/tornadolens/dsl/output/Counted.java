package org.tornadolens.dsl.output;

import java.io.IOException;
import java.io.OutputStream;

/** Refuses more bytes than are allowed. */
final class Counted extends OutputStream {

    private final OutputStream out;
    private final Runnable refuse;
    private long left;

    /** @param refuse throws what is wrong with more than {@code left} bytes */
    Counted(OutputStream out, long left, Runnable refuse) {
        this.out = out;
        this.left = left;
        this.refuse = refuse;
    }

    @Override public void write(int value) throws IOException {
        take(1);
        out.write(value);
    }

    @Override public void write(byte[] values, int offset, int length) throws IOException {
        take(length);
        out.write(values, offset, length);
    }

    private void take(int count) {
        left -= count;
        if (left < 0) refuse.run();
    }

    @Override public void flush() throws IOException { out.flush(); }

    @Override public void close() throws IOException { out.close(); }
}
