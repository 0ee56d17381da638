package org.tornadolens.linalg;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.pointwise.AdamStep;
import org.tornadolens.backend.cpu.pointwise.Elementwise;

/** Sums over flat arrays of f32, on all cores. */
public final class Vectors {

    private Vectors() {}

    /** out = a + b, n elements; {@code out} may be one of the two. */
    public static void add(MemorySegment a, MemorySegment b, long n, MemorySegment out) {
        Elementwise.add(a, b, n, out);
    }

    /**
     * Σ x² over n elements, the same whatever the number of threads; NaN or infinite where an element is or the sum is.
     */
    public static double sumOfSquares(MemorySegment x, long n) { return AdamStep.sumOfSquares(x, n); }
}
