package org.tornadolens.dsl;

import java.util.concurrent.CancellationException;

/** Ctrl-C's way to whatever runs at the moment. */
public final class Interrupts {

    private volatile Runnable stop;

    /** Ends the time in which an interrupt stops what it was begun with. */
    public interface Scope extends AutoCloseable {
        @Override void close();
    }

    /** Until the scope is closed, an interrupt calls {@code stop}, on a thread of its own. */
    public Scope during(Runnable stop) {
        Runnable outer = this.stop;
        this.stop = stop;
        return () -> this.stop = outer;
    }

    /** Interrupts; false where nothing runs that could be. */
    public boolean interrupt() {
        Runnable running = stop;
        if (running == null) return false;
        running.run();
        return true;
    }

    /** For long work between calls of JavaScript: throws where an interrupt waits for the script's thread. */
    public static void check() {
        if (Thread.currentThread().isInterrupted()) throw new CancellationException("interrupted");
    }
}
