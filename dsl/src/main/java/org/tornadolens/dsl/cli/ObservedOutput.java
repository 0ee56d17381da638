package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** An output that keeps its first failure, which a {@link java.io.PrintStream} hides. */
final class ObservedOutput extends OutputStream {

    private final OutputStream out;
    private IOException failure;

    ObservedOutput(OutputStream out) { this.out = out; }

    /** Returns what went wrong first, such as a full disk; not that a pipe's reader has left, as {@code head} does. */
    synchronized Optional<String> failure() {
        return Optional.ofNullable(failure).map(IOException::getMessage)
                .filter(message -> !message.equals("Broken pipe"));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void observed(Work work) throws IOException {
        try {
            work.run();
        } catch (IOException e) {
            synchronized (this) {
                if (failure == null) failure = e;
            }
            throw e;
        }
    }

    @Override public void write(int value) throws IOException { observed(() -> out.write(value)); }

    @Override public void write(byte[] bytes, int offset, int length) throws IOException {
        observed(() -> out.write(bytes, offset, length));
    }

    @Override public void flush() throws IOException { observed(out::flush); }

    @Override public void close() throws IOException { observed(out::close); }
}
