package org.tornadolens.dsl;

import java.io.PrintStream;

/**
 * The line on the terminal that shows the progress of a step which has taken more than a second; it is erased when the
 * step ends. If stderr is no terminal, nothing is written.
 */
public final class ProgressLine {

    private static final long FIRST_AFTER = 1_000_000_000L;    // ns
    private static final long EVERY = 200;                     // ms
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream terminal;     // null if stderr is none
    private volatile Progress current;
    private Thread ticker;
    private String shown = "";

    /** @param terminal whether {@code err} is one */
    ProgressLine(PrintStream err, boolean terminal) {
        this.terminal = terminal ? err : null;
    }

    /** Begins a step that may take long, within the steps begun before it. */
    Progress begin(String what) {
        Progress progress = new Progress(this, what, current);
        current = progress;
        if (terminal != null) watch();
        return progress;
    }

    /** @param around the step that continues afterwards */
    void end(Progress around) {
        current = around;
        erase();
    }

    /** Erases the line, so that other text can be written. */
    public synchronized void erase() {
        if (shown.isEmpty()) return;
        TerminalStream.sequence(terminal, ERASE_LINE);
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
        TerminalStream.sequence(terminal, ERASE_LINE);
        terminal.print(line);
        terminal.flush();
        shown = line;
    }
}
