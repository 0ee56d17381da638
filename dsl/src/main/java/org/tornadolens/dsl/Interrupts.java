package org.tornadolens.dsl;

/** Passes Ctrl-C to what is running. */
public final class Interrupts {

    private volatile Runnable stop;

    /** The time in which an interrupt calls a given action. */
    public interface Scope extends AutoCloseable {
        @Override void close();
    }

    /** Makes interrupts call {@code stop}, on another thread, until the scope is closed. */
    public Scope during(Runnable stop) {
        Runnable outer = this.stop;
        this.stop = stop;
        return () -> this.stop = outer;
    }

    /** Interrupts what is running; returns false if nothing is. */
    public boolean interrupt() {
        Runnable running = stop;
        if (running == null) return false;
        running.run();
        return true;
    }
}
