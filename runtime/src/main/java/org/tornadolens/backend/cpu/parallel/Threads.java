package org.tornadolens.backend.cpu.parallel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.tornadolens.Interruption;

/**
 * A team of threads that runs one loop at a time together with the calling thread. Workers spin for a fraction of a
 * millisecond before they sleep, about as long as other threads may still be busy with the previous loop: the many
 * loops of a forward pass then start without a system call, and an idle engine costs nothing. {@code
 * -Dtornadolens.threads=N} sets the number of threads.
 */
public final class Threads {

    /** Part of a loop: the iterations from {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface public interface RangeTask {
        void run(int from, int to);
    }

    private static final long SPIN_NANOS = 200_000;
    private static final int PIECES = 8;     // of a loop that one thread runs alone
    private static final int COUNT = configuredCount();
    private static final Worker[] WORKERS = new Worker[COUNT - 1];
    private static final AtomicBoolean BUSY = new AtomicBoolean();
    private static volatile Loop current;

    private Threads() {}

    /** The number of threads that share a loop, including the caller. */
    public static int count() { return COUNT; }

    /**
     * Runs the iterations 0 … n-1 in chunks of at least {@code grain} on all threads and returns when all are done.
     * An exception thrown by a chunk is rethrown here after the others have ended. A call from within a task, or from a
     * second application thread while the team is busy, runs entirely on its own thread. Between chunks, the loop ends
     * if the calling thread is interrupted.
     */
    public static void range(int n, int grain, RangeTask task) {
        if (n <= 0) return;
        if (n <= grain || COUNT == 1 || !BUSY.compareAndSet(false, true)) {
            alone(n, grain, task);
            return;
        }
        try {
            new Loop(n, Math.max(1, grain), task).runWithTeam();
        } finally {
            BUSY.set(false);
        }
    }

    /** Runs a loop on this thread, in pieces between which it may be stopped. */
    private static void alone(int n, int grain, RangeTask task) {
        int piece = Math.max(grain, (n + PIECES - 1) / PIECES);
        for (int from = 0; from < n;) {
            check();
            int to = from + Math.min(n - from, piece);
            task.run(from, to);
            from = to;
        }
    }

    /**
     * Throws if the thread that began the running loop is interrupted. A task calls it between iterations that take a
     * hundredth of a second or more.
     */
    public static void check() {
        Thread thread = Thread.currentThread();
        if (thread instanceof Worker worker) worker.caller.checkOwner();
        else Interruption.check();
    }

    private static int configuredCount() {
        String text = System.getProperty("tornadolens.threads");
        if (text == null) return Math.max(1, Runtime.getRuntime().availableProcessors());
        try {
            int count = Integer.parseInt(text.trim());
            if (count >= 1) return count;
        } catch (NumberFormatException e) {
            // falls through to the one message below
        }
        throw new IllegalArgumentException(
                "tornadolens.threads is a number of threads, at least 1, not \"" + text + "\"");
    }

    private static final class Loop {
        private final int n;
        private final int grain;
        private final Interruption caller = Interruption.ofThisThread();
        private RangeTask task;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private volatile Throwable failure;
        private volatile Thread sleeper;

        Loop(int n, int grain, RangeTask task) {
            this.n = n;
            this.grain = grain;
            this.task = task;
        }

        void runWithTeam() {
            current = this;
            int useful = Math.min(WORKERS.length, (n - 1) / grain);
            for (int i = 0; i < useful; i++) Worker.wake(i);
            work();
            awaitOthers();
            task = null;   // `current` outlives the loop and must not retain what the task captured
            if (failure != null) rethrow(failure);
        }

        /** Takes chunks until none is left, large ones first, so that slower or late threads even out at the end. */
        void work() {
            for (;;) {
                int from = next.get();
                if (from >= n) return;
                int to = from + Math.min(n - from, Math.max(grain, (n - from) / (2 * COUNT)));
                if (!next.compareAndSet(from, to)) continue;
                try {
                    if (failure == null) {
                        caller.checkOwner();
                        task.run(from, to);
                    }
                } catch (Throwable e) {
                    failure = e;
                } finally {
                    if (done.addAndGet(to - from) == n) LockSupport.unpark(sleeper);
                }
            }
        }

        private void awaitOthers() {
            long deadline = 0;
            while (done.get() < n) {
                Thread.onSpinWait();
                if (deadline == 0) deadline = System.nanoTime() + SPIN_NANOS;
                else if (System.nanoTime() > deadline) break;
            }
            sleeper = Thread.currentThread();
            while (done.get() < n) LockSupport.park(this);
        }

        private static void rethrow(Throwable failure) {
            if (failure instanceof RuntimeException e) throw e;
            if (failure instanceof Error e) throw e;
            throw new IllegalStateException(failure);   // a RangeTask declares no checked exception
        }
    }

    private static final class Worker extends Thread {
        private volatile boolean asleep;
        private Interruption caller;     // of the loop that it works at

        private Worker(int index) {
            super("tornadolens-" + (index + 1));
            setDaemon(true);
        }

        /** Wakes worker {@code index}, or starts it on its first use. Called by the team's owner only. */
        static void wake(int index) {
            Worker worker = WORKERS[index];
            if (worker == null) {
                WORKERS[index] = worker = new Worker(index);
                worker.start();
            } else if (worker.asleep) { LockSupport.unpark(worker); }
        }

        @Override public void run() {
            Loop seen = null;
            for (;;) {
                seen = await(seen);
                caller = seen.caller;
                seen.work();
            }
        }

        private Loop await(Loop seen) {
            long deadline = System.nanoTime() + SPIN_NANOS;
            do {
                Loop loop = current;
                if (loop != seen) return loop;
                Thread.onSpinWait();
            } while (System.nanoTime() < deadline);
            // `asleep` is written before `current` is read, and the owner writes and reads them in the opposite order:
            // at least one of the two sees the other's write
            asleep = true;
            Loop loop;
            while ((loop = current) == seen) LockSupport.park(this);
            asleep = false;
            return loop;
        }
    }
}
