package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The backward pass of SwiGLU, n elements; the output may be the gradient that comes in. */
final class SwiGluGradient {

    private static final int BLOCK = 4 * 1024;

    private SwiGluGradient() {}

    /** out = dy · up · σ(gate) · (1 + gate · (1 - σ(gate))). */
    static void gate(MemorySegment dy, MemorySegment gate, MemorySegment up, long n, MemorySegment out) {
        long d = Memory.address(dy, n, "the gradient of SwiGLU"), g = Memory.address(gate, n, "the gate"), u = Memory.address(up, n, "up");
        long to = Memory.address(out, n, "the gradient of the gate");
        Threads.range(Math.toIntExact((n + BLOCK - 1) / BLOCK), 1, (first, last) -> {
            for (long at = 4L * first * BLOCK, end = 4 * Math.min(n, (long) last * BLOCK); at < end; at += 4L * LANES) {
                VectorMask<Float> inside = F.indexInRange(0, (end - at) / 4);
                FloatVector x = FloatVector.fromMemorySegment(F, ALL, g + at, ORDER, inside);
                FloatVector sigmoid = sigmoid(x);
                FloatVector slope = x.mul(sigmoid.neg().add(1f)).add(1f).mul(sigmoid);
                FloatVector.fromMemorySegment(F, ALL, d + at, ORDER, inside).mul(FloatVector.fromMemorySegment(F, ALL, u + at, ORDER, inside)).mul(slope)
                        .intoMemorySegment(ALL, to + at, ORDER, inside);
            }
        });
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(gate);
        Reference.reachabilityFence(up);
        Reference.reachabilityFence(out);
    }

    /** out = dy · gate · σ(gate). */
    static void up(MemorySegment dy, MemorySegment gate, long n, MemorySegment out) {
        long d = Memory.address(dy, n, "the gradient of SwiGLU"), g = Memory.address(gate, n, "the gate"), to = Memory.address(out, n, "the gradient of up");
        Threads.range(Math.toIntExact((n + BLOCK - 1) / BLOCK), 1, (first, last) -> {
            for (long at = 4L * first * BLOCK, end = 4 * Math.min(n, (long) last * BLOCK); at < end; at += 4L * LANES) {
                VectorMask<Float> inside = F.indexInRange(0, (end - at) / 4);
                FloatVector x = FloatVector.fromMemorySegment(F, ALL, g + at, ORDER, inside);
                FloatVector.fromMemorySegment(F, ALL, d + at, ORDER, inside).mul(x.mul(sigmoid(x))).intoMemorySegment(ALL, to + at, ORDER, inside);
            }
        });
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(gate);
        Reference.reachabilityFence(out);
    }

    private static FloatVector sigmoid(FloatVector x) { return FloatVector.broadcast(F, 1f).div(Exponential.exp(x.neg()).add(1f)); }
}
