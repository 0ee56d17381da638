package org.tornadolens.backend.cpu.pointwise;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.program.Rule;

/** Changes of the selected part of a value, in place: the caller has copied the value to the output. */
public final class Interventions {

    private static final long FLOAT = Float.BYTES;

    private Interventions() {}

    /** Sets the regions to zero. */
    public static void zero(Regions regions, MemorySegment out) {
        for (long offset : regions.offsets()) out.asSlice(offset * FLOAT, regions.length() * FLOAT).fill((byte) 0);
    }

    /** Applies a rule to every element of the regions. */
    public static void change(Regions regions, Rule rule, MemorySegment out) {
        if (rule instanceof Rule.Times(double factor)) {   // the JIT vectorises this loop
            scale(regions, (float) factor, out);
            return;
        }
        for (long offset : regions.offsets()) {
            for (long at = out.address() + offset * FLOAT, end = at + regions.length() * FLOAT; at < end; at += FLOAT) {
                Memory.set(at, (float) rule.apply(Memory.get(at)));
            }
        }
        Reference.reachabilityFence(out);
    }

    private static void scale(Regions regions, float factor, MemorySegment out) {
        long to = out.address();
        for (long offset : regions.offsets()) {
            for (long at = to + offset * FLOAT, end = at + regions.length() * FLOAT; at < end; at += FLOAT)
                Memory.set(at, Memory.get(at) * factor);
        }
        Reference.reachabilityFence(out);
    }

    /** Copies the source's regions to the output's. */
    public static void replace(Regions regions, MemorySegment source, MemorySegment out) {
        for (int i = 0; i < regions.offsets().length; i++) {
            MemorySegment.copy(source, regions.sources()[i] * FLOAT, out, regions.offsets()[i] * FLOAT,
                    regions.length() * FLOAT);
        }
    }

    /** Computes out += times · source in the regions. */
    public static void shift(Regions regions, MemorySegment source, float times, MemorySegment out) {
        for (int i = 0; i < regions.offsets().length; i++) {
            long from = source.address() + regions.sources()[i] * FLOAT,
                    to = out.address() + regions.offsets()[i] * FLOAT;
            for (long at = 0; at < regions.length() * FLOAT; at += FLOAT)
                Memory.set(to + at, Memory.get(to + at) + times * Memory.get(from + at));
        }
        Reference.reachabilityFence(source);
        Reference.reachabilityFence(out);
    }

    /**
     * Replaces every vector of d elements by its projection onto the span of the basis [directions, d], or by the
     * remainder without it.
     */
    public static void project(Regions regions, MemorySegment basis, int directions, int d, boolean keep,
            MemorySegment out) {
        if (regions.length() % d != 0) throw new IllegalArgumentException("a projection of parts of vectors");
        float[] projection = new float[d];
        for (long offset : regions.offsets()) {
            for (long at = out.address() + offset * FLOAT, end = at + regions.length() * FLOAT; at < end;
                    at += d * FLOAT) {
                Arrays.fill(projection, 0);
                for (int k = 0; k < directions; k++) {
                    long direction = basis.address() + k * d * FLOAT;
                    double along = 0;
                    for (int c = 0; c < d; c++)
                        along += (double) Memory.get(at + c * FLOAT) * Memory.get(direction + c * FLOAT);
                    for (int c = 0; c < d; c++) projection[c] += (float) along * Memory.get(direction + c * FLOAT);
                }
                for (int c = 0; c < d; c++)
                    Memory.set(at + c * FLOAT, keep ? projection[c] : Memory.get(at + c * FLOAT) - projection[c]);
            }
        }
        Reference.reachabilityFence(basis);
        Reference.reachabilityFence(out);
    }
}
