package org.tornadolens.dsl;

import java.io.PrintStream;

/**
 * A line on the terminal that says what takes its time, once it has taken a second, and is gone when that ends. Off a
 * terminal nothing is written.
 */
public final class ProgressLine {

    private static final long FIRST_AFTER = 1_000_000_000L;    // ns
    private static final long EVERY = 200;                     // ms
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream terminal;     // null off a terminal
    private volatile Progress current;
    private Thread ticker;
    private String shown = "";

    /** @param terminal whether {@code err} is one */
    ProgressLine(PrintStream err, boolean terminal) {
        this.terminal = terminal ? err : null;
    }

    /** Begins something that may take long, within what has begun before it. */
    Progress begin(String what) {
        Progress progress = new Progress(this, what, current);
        current = progress;
        if (terminal != null) watch();
        return progress;
    }

    /** @param around what goes on */
    void end(Progress around) {
        current = around;
        erase();
    }

    /** Takes the line away, for something else to be written. */
    public synchronized void erase() {
        if (shown.isEmpty()) return;
        terminal.print(ERASE_LINE);
        terminal.flush();
        shown = "";
    }

    private synchronized void watch() {
        if (ticker != null) return;
        ticker = Thread.ofPlatform().daemon().name("progress").start(() -> {
            try {
                while (true) {
                    Thread.sleep(EVERY);
                    draw();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private synchronized void draw() {
        Progress progress = current;
        if (progress == null || progress.nanos() < FIRST_AFTER) return;
        String line = progress.line();
        if (line.equals(shown)) return;
        terminal.print(ERASE_LINE + line);
        terminal.flush();
        shown = line;
    }
}
