package org.tornadolens.backend.cpu.pointwise;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.program.Rule;

/** The backward pass of selections: adds gradients to the places from which values were taken. */
public final class SelectionGradient {

    private static final long FLOAT = Float.BYTES;

    private SelectionGradient() {}

    /** Sets out = 0, then out[region] += the next elements of dy. */
    public static void scatter(MemorySegment dy, Regions regions, MemorySegment out) {
        out.fill((byte) 0);
        long from = dy.address();
        for (long offset : regions.offsets()) {
            Vectors.add(1, from, (int) regions.length(), out.address() + offset * FLOAT);
            from += regions.length() * FLOAT;
        }
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(out);
    }

    /** Sets out = dy, then out[region] *= the rule's slope at x[region]. */
    public static void pointwise(MemorySegment dy, MemorySegment x, Regions regions, Rule rule, MemorySegment out) {
        if (dy.address() != out.address()) MemorySegment.copy(dy, 0, out, 0, out.byteSize());
        for (long offset : regions.offsets()) {
            long from = x.address() + offset * FLOAT, to = out.address() + offset * FLOAT;
            for (long at = 0; at < regions.length() * FLOAT; at += FLOAT) {
                Memory.set(to + at, Memory.get(to + at) * (float) rule.slope(Memory.get(from + at)));
            }
        }
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    /** Sets out = 0, then out[source's region] += times · dy[region]. */
    public static void source(MemorySegment dy, Regions regions, float times, MemorySegment out) {
        out.fill((byte) 0);
        for (int i = 0; i < regions.offsets().length; i++) {
            Vectors.add(times, dy.address() + regions.offsets()[i] * FLOAT, (int) regions.length(),
                    out.address() + regions.sources()[i] * FLOAT);
        }
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(out);
    }

    /**
     * Computes out[tokens[i]] += dy[i], rows of d floats. Threads share columns, so that the order of a sum is always
     * the same.
     */
    public static void embed(MemorySegment dy, int[] tokens, int d, MemorySegment out) {
        long from = Memory.address(dy, (long) tokens.length * d, "the gradient of the embedding"), to = out.address();
        out.fill((byte) 0);
        int blocks = (d + Memory.LANES - 1) / Memory.LANES;
        Threads.range(blocks, Math.max(1, 16 * 1024 / Math.max(1, tokens.length * Memory.LANES)), (first, last) -> {
            int column = first * Memory.LANES, width = Math.min(d, last * Memory.LANES) - column;
            for (int i = 0; i < tokens.length; i++) {
                Vectors.add(1, from + 4 * ((long) i * d + column), width, to + 4 * ((long) tokens[i] * d + column));
            }
        });
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(out);
    }
}
