package org.tornadolens.dsl;

import java.util.Optional;

/**
 * The line that shows the progress of a step which has taken more than a second; it is erased when the step ends.
 */
public final class ProgressLine {

    private static final long FIRST_AFTER = 1_000_000_000L;    // ns
    private static final long EVERY = 200;                     // ms

    private final Optional<ProgressView> view;
    private volatile Progress current;
    private Thread ticker;
    private String shown = "";

    /** @param view where it is shown; without one, nothing is */
    ProgressLine(Optional<ProgressView> view) {
        this.view = view;
    }

    /** Begins a step that may take long, within the steps begun before it. */
    Progress begin(String what) {
        Progress progress = new Progress(this, what, current);
        current = progress;
        if (view.isPresent()) watch();
        return progress;
    }

    /** @param around the step that continues afterwards */
    void end(Progress around) {
        current = around;
        take(ProgressView::end);
    }

    /** Erases the line, so that other text can be written. */
    public void erase() { take(ProgressView::makeRoom); }

    private synchronized void take(java.util.function.Consumer<ProgressView> away) {
        if (shown.isEmpty()) return;
        view.ifPresent(away);
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
        view.ifPresent(on -> on.show(line, progress.part()));
        shown = line;
    }
}
