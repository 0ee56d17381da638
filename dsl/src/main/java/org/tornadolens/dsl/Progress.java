package org.tornadolens.dsl;

import java.util.Locale;
import java.util.OptionalDouble;

/** The progress of a step that may take long. Closing it ends the step. */
public final class Progress implements AutoCloseable {

    private record State(long done, long total, String units) {}

    private final ProgressLine shownOn;
    private final String what;
    private final Progress around;
    private final long began = System.nanoTime();
    private volatile State state = new State(0, 0, "");

    Progress(ProgressLine shownOn, String what, Progress around) {
        this.shownOn = shownOn;
        this.what = what;
        this.around = around;
    }

    /** Reports that {@code done} of {@code total} {@code units} are done. */
    public void at(long done, long total, String units) {
        state = new State(done, total, units);
    }

    long nanos() { return System.nanoTime() - began; }

    /** Returns how much of the step is done, from 0 to 1, if its size is known. */
    OptionalDouble part() {
        State now = state;
        return now.total == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) now.done / now.total);
    }

    String line() { return line(what, state.done, state.total, state.units, nanos()); }

    @Override public void close() { shownOn.end(around); }

    /** {@code generating: 12 of 50 tokens, 8 s left}; without a total {@code opening the model: 3 s}. */
    static String line(String what, long done, long total, String units, long nanos) {
        if (total == 0) return what + ": " + duration(nanos);
        String line = String.format(Locale.ROOT, "%s: %,d of %,d %s", what, done, total, units);
        return done == 0 ? line : line + ", " + duration((long) (nanos * ((double) (total - done) / done))) + " left";
    }

    static String duration(long nanos) {
        long seconds = Math.round(nanos / 1e9);
        if (seconds < 60) return seconds + " s";
        if (seconds < 3600) return seconds / 60 + " min " + seconds % 60 + " s";
        return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }
}
