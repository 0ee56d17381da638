package org.tornadolens.dsl;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Interrupts a script that runs longer than it may, as Ctrl-C does. One that does not end then, because it is in
 * something that looks for no interrupt, is ended with the process; what it had not finished is removed by the next.
 */
public final class TimeLimit implements AutoCloseable {

    private static final long AGAIN_MILLIS = 250;      // an interrupt that comes between two calls may be lost
    private static final int MOST_TIMES = 80;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean passed;

    private TimeLimit() {}

    /** Begins to measure the time, if there is a limit. */
    public static TimeLimit of(Optional<Duration> limit, Interrupts interrupts) {
        TimeLimit measured = new TimeLimit();
        limit.ifPresent(time -> Thread.ofPlatform().daemon().name("time limit")
                .start(() -> measured.await(time, interrupts)));
        return measured;
    }

    private void await(Duration time, Interrupts interrupts) {
        try {
            if (ended.await(time.toMillis(), TimeUnit.MILLISECONDS)) return;
            passed = true;
            Thread interrupting = null;     // an interrupt waits until what it interrupts has stopped
            for (int times = 0; times < MOST_TIMES; times++) {
                if (times % 8 == 0 || !interrupting.isAlive())
                    interrupting = Thread.ofPlatform().daemon().name("interrupt").start(interrupts::interrupt);
                if (ended.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) return;
            }
            System.err.println("interrupted: it does not stop after --max-time, so the process ends");
            System.err.flush();
            Runtime.getRuntime().halt(Exit.INTERRUPTED.code());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the script ran longer than it may. */
    public boolean passed() { return passed; }

    @Override public void close() { ended.countDown(); }
}
