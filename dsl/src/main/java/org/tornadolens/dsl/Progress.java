package org.tornadolens.dsl;

import java.io.PrintStream;
import java.util.Locale;

/**
 * A line on the terminal that says how far something is, once it has taken a second; gone when it ends. Off a
 * terminal nothing is written.
 */
public final class Progress implements AutoCloseable {

    private static final long FIRST_AFTER = 1_000_000_000L, EVERY = 100_000_000L;    // ns
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream terminal;     // null off a terminal
    private final String what;
    private final long began = System.nanoTime();
    private long lastShown = began + FIRST_AFTER - EVERY;
    private boolean shown;

    private Progress(PrintStream terminal, String what) {
        this.terminal = terminal;
        this.what = what;
    }

    /** @param terminal whether {@code err} is one */
    public static Progress of(String what, PrintStream err, boolean terminal) { return new Progress(terminal ? err : null, what); }

    /** Says that {@code done} of {@code total} {@code units} are done. Cheap to call often. */
    public void at(long done, long total, String units) {
        if (terminal == null) return;
        long now = System.nanoTime();
        if (now - lastShown < EVERY) return;
        lastShown = now;
        shown = true;
        terminal.print(ERASE_LINE + line(what, done, total, units, now - began));
        terminal.flush();
    }

    static String line(String what, long done, long total, String units, long nanos) {
        String line = String.format(Locale.ROOT, "%s: %,d of %,d %s", what, done, total, units);
        if (done == 0 || done >= total) return line;
        return line + ", " + duration((long) (nanos * ((double) (total - done) / done))) + " left";
    }

    static String duration(long nanos) {
        long seconds = Math.round(nanos / 1e9);
        if (seconds < 60) return seconds + " s";
        if (seconds < 3600) return seconds / 60 + " min " + seconds % 60 + " s";
        return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    @Override public void close() {
        if (shown) {
            terminal.print(ERASE_LINE);
            terminal.flush();
        }
    }
}
