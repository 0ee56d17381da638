package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.parallel.Threads;

/**
 * The arithmetic of an optimiser on flat arrays of n floats. Sums are taken in blocks of fixed size, so that they never
 * depend on the number of threads.
 */
public final class AdamStep {

    private static final int BLOCK = 4096;   // floats

    private AdamStep() {}

    /**
     * The coefficients of one step: {@code m = mean·m + (1-mean)·g}, {@code v = variance·v + (1-variance)·g²},
     * {@code w = keep·w - rate·m / (√v·spread + eps)}, where g is the gradient times {@code gradientScale}.
     */
    public record Coefficients(float gradientScale, float mean, float variance, float keep, float rate, float spread,
            float eps) {}

    /** Updates the weights {@code w} and the running means {@code m} and {@code v} by one step; all hold n floats. */
    public static void update(MemorySegment w, MemorySegment gradient, MemorySegment m, MemorySegment v, long n,
            Coefficients c) {
        long weights = Memory.address(w, n, "the weights"), g = Memory.address(gradient, n, "the gradient");
        long means = Memory.address(m, n, "the means"), variances = Memory.address(v, n, "the variances");
        Threads.range(Math.toIntExact((n + BLOCK - 1) / BLOCK), 4, (first, last) -> {
            for (int b = first; b < last; b++) {
                long at = 4L * b * BLOCK;
                update(weights + at, g + at, means + at, variances + at, (int) Math.min(BLOCK, n - (long) b * BLOCK),
                        c);
            }
        });
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(gradient);
        Reference.reachabilityFence(m);
        Reference.reachabilityFence(v);
    }

    private static void update(long w, long g, long m, long v, int n, Coefficients c) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = 4L * i;
            FloatVector gradient = FloatVector.fromMemorySegment(F, ALL, g + at, ORDER).mul(c.gradientScale);
            FloatVector mean =
                    FloatVector.fromMemorySegment(F, ALL, m + at, ORDER).mul(c.mean).add(gradient.mul(1 - c.mean));
            FloatVector variance = FloatVector.fromMemorySegment(F, ALL, v + at, ORDER).mul(c.variance)
                    .add(gradient.mul(gradient).mul(1 - c.variance));
            mean.intoMemorySegment(ALL, m + at, ORDER);
            variance.intoMemorySegment(ALL, v + at, ORDER);
            FloatVector step = mean.div(variance.sqrt().mul(c.spread).add(c.eps));
            FloatVector.fromMemorySegment(F, ALL, w + at, ORDER).mul(c.keep).sub(step.mul(c.rate))
                    .intoMemorySegment(ALL, w + at, ORDER);
        }
        for (; i < n; i++) {
            long at = 4L * i;
            float gradient = Memory.get(g + at) * c.gradientScale;
            float mean = Memory.get(m + at) * c.mean + gradient * (1 - c.mean);
            float variance = Memory.get(v + at) * c.variance + gradient * gradient * (1 - c.variance);
            Memory.set(m + at, mean);
            Memory.set(v + at, variance);
            Memory.set(w + at,
                    Memory.get(w + at) * c.keep - mean / ((float) Math.sqrt(variance) * c.spread + c.eps) * c.rate);
        }
    }

    /** Returns Σ x², which is NaN or infinite where an element or the sum is. */
    public static double sumOfSquares(MemorySegment x, long n) {
        long from = Memory.address(x, n, "the gradient");
        int blocks = Math.toIntExact((n + BLOCK - 1) / BLOCK);
        double[] sums = new double[blocks];
        Threads.range(blocks, 4, (first, last) -> {
            for (int b = first; b < last; b++)
                sums[b] = Vectors.dot(from + 4L * b * BLOCK, from + 4L * b * BLOCK,
                        (int) Math.min(BLOCK, n - (long) b * BLOCK));
        });
        Reference.reachabilityFence(x);
        double sum = 0;
        for (double s : sums) sum += s;
        return sum;
    }
}
