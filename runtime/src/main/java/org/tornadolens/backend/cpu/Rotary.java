package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;

/** Rotary position embedding (Su et al., 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2. */
public final class Rotary {

    private Rotary() {}

    /**
     * Rotates each head's vector by its position's angles:
     * {@code out[i] = x[i]·cos − x[i+h]·sin}, {@code out[i+h] = x[i+h]·cos + x[i]·sin}, h = dHead/2.
     *
     * @param x             [batch, pos, heads, dHead]; {@code out} likewise, and may be {@code x}
     * @param firstPosition the position of index 0, a batch row each; positions below 0 (left padding) count as 0
     * @param cos           [nCtx, dHead/2], as {@code sin}
     */
    public static void rotate(MemorySegment x, int batch, int pos, int heads, int dHead, int[] firstPosition,
                              MemorySegment cos, MemorySegment sin, MemorySegment out) {
        if (dHead % 2 != 0) throw new IllegalArgumentException("rotary embedding pairs coordinates; a head of " + dHead + " has an odd number");
        if (firstPosition.length != batch) {
            throw new IllegalArgumentException(firstPosition.length + " first positions for " + batch + " batch rows");
        }
        int half = dHead / 2, last = 0;
        for (int first : firstPosition) last = Math.max(last, first + pos - 1);
        long elements = Math.multiplyExact((long) batch * pos, (long) heads * dHead);
        long from = Memory.address(x, elements, "rotary input"), to = Memory.address(out, elements, "rotary output");
        long c = Memory.address(cos, (last + 1L) * half, "the cosine table for position " + last);
        long s = Memory.address(sin, (last + 1L) * half, "the sine table for position " + last);
        Threads.range(batch * pos, Math.max(1, 16 * 1024 / Math.max(1, heads * dHead)), (begin, end) -> {
            for (int i = begin; i < end; i++) {
                long angles = 4L * half * Math.max(0, firstPosition[i / pos] + i % pos);
                for (int h = 0; h < heads; h++) {
                    long at = 4L * dHead * ((long) i * heads + h);
                    rotate(from + at, c + angles, s + angles, half, to + at);
                }
            }
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(cos);
        Reference.reachabilityFence(sin);
        Reference.reachabilityFence(out);
    }

    private static void rotate(long x, long cos, long sin, int half, long out) {
        long far = 4L * half;
        int i = 0;
        for (; i <= half - LANES; i += LANES) {
            long at = 4L * i;
            FloatVector a = FloatVector.fromMemorySegment(F, ALL, x + at, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F, ALL, x + far + at, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(F, ALL, cos + at, ORDER);
            FloatVector s = FloatVector.fromMemorySegment(F, ALL, sin + at, ORDER);
            a.mul(c).sub(b.mul(s)).intoMemorySegment(ALL, out + at, ORDER);
            b.mul(c).add(a.mul(s)).intoMemorySegment(ALL, out + far + at, ORDER);
        }
        for (; i < half; i++) {
            long at = 4L * i;
            float a = Memory.get(x + at), b = Memory.get(x + far + at), c = Memory.get(cos + at), s = Memory.get(sin + at);
            Memory.set(out + at, a * c - b * s);
            Memory.set(out + far + at, b * c + a * s);
        }
    }
}
