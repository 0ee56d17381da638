package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Memory;

/** Arithmetic on single vectors of n floats at addresses. */
public final class Vectors {

    private Vectors() {}

    /** Returns Σ x · y. */
    public static float dot(long x, long y, int n) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sum = FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER)
                    .fma(FloatVector.fromMemorySegment(F, ALL, y + 4L * i, ORDER), sum);
        }
        float total = Memory.sum(sum);
        for (; i < n; i++) total = Math.fma(Memory.get(x + 4L * i), Memory.get(y + 4L * i), total);
        return total;
    }

    /** Computes y += factor · x. */
    public static void add(float factor, long x, int n, long y) {
        FloatVector f = FloatVector.broadcast(F, factor);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER)
                    .fma(f, FloatVector.fromMemorySegment(F, ALL, y + 4L * i, ORDER))
                    .intoMemorySegment(ALL, y + 4L * i, ORDER);
        }
        for (; i < n; i++) Memory.set(y + 4L * i, Math.fma(Memory.get(x + 4L * i), factor, Memory.get(y + 4L * i)));
    }

    /** Computes out = factor · x. */
    static void scale(float factor, long x, int n, long out) {
        FloatVector f = FloatVector.broadcast(F, factor);
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).mul(f).intoMemorySegment(ALL, out + 4L * i, ORDER);
        for (; i < n; i++) Memory.set(out + 4L * i, Memory.get(x + 4L * i) * factor);
    }

    /** Sets n floats to zero. */
    public static void clear(int n, long out) {
        FloatVector zero = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) zero.intoMemorySegment(ALL, out + 4L * i, ORDER);
        for (; i < n; i++) Memory.set(out + 4L * i, 0);
    }
}
