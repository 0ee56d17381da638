package org.tornadolens.linalg;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.AdamStep;
import org.tornadolens.backend.cpu.Elementwise;

/** Parallel sums over flat arrays of f32. */
public final class Vectors {

    private Vectors() {}

    /** Computes out = a + b, n elements; {@code out} may be {@code a} or {@code b}. */
    public static void add(MemorySegment a, MemorySegment b, long n, MemorySegment out) {
        Elementwise.add(a, b, n, out);
    }

    /**
     * Returns Σ x² over n elements, independent of the number of threads; not finite if an element or the sum is not.
     */
    public static double sumOfSquares(MemorySegment x, long n) { return AdamStep.sumOfSquares(x, n); }
}
