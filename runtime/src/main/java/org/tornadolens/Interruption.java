package org.tornadolens;

import java.util.concurrent.CancellationException;

/**
 * Stops long work once the thread that asked for it is interrupted. Everything that can take a tenth of a second or
 * more calls {@link #check} along the way. A check takes about a nanosecond.
 */
public final class Interruption {

    private final Thread owner;

    private Interruption(Thread owner) { this.owner = owner; }

    /** Returns what other threads check that work for this one. */
    public static Interruption ofThisThread() {
        return new Interruption(Thread.currentThread());
    }

    /** @throws CancellationException if this thread is interrupted */
    public static void check() {
        throwIf(Thread.currentThread());
    }

    /** @throws CancellationException if the thread that these work for is interrupted */
    public void checkOwner() {
        throwIf(owner);
    }

    private static void throwIf(Thread thread) {
        if (thread.isInterrupted()) throw new CancellationException("interrupted");
    }
}
