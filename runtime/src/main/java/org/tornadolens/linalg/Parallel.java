package org.tornadolens.linalg;

import org.tornadolens.backend.cpu.Threads;

/** Parallel loops on the threads that also run models: {@code -Dtornadolens.threads=N}, by default one per core. */
public final class Parallel {

    /** The body of a loop for the iterations from {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface public interface Part {
        void run(int from, int to);
    }

    private Parallel() {}

    /** Returns the number of threads that share a loop, including the caller. */
    public static int threads() {
        return Threads.count();
    }

    /**
     * Runs the iterations 0 … n-1 in parts of at least {@code grain} and returns when all are done; an exception in a
     * part is rethrown. A nested loop runs on the thread of its part only.
     */
    public static void range(int n, int grain, Part part) { Threads.range(n, grain, part::run); }
}
