package org.tornadolens.linalg;

import org.tornadolens.backend.cpu.parallel.Threads;

/** Loops shared by the threads that also run models, {@code -Dtornadolens.threads=N} of them, else one a core. */
public final class Parallel {

    /** Part of a loop: the iterations from {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface public interface Part {
        void run(int from, int to);
    }

    private Parallel() {}

    /** How many threads share a loop, the caller included. */
    public static int threads() { return Threads.count(); }

    /**
     * Runs the iterations 0 … n-1 in parts of at least {@code grain} and returns when all are done; what a part throws
     * is thrown here. A loop within a part runs on that part's thread alone.
     */
    public static void range(int n, int grain, Part part) { Threads.range(n, grain, part::run); }
}
