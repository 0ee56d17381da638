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

/** The backward pass of SwiGLU, n elements; {@code out} may be {@code dy}. */
public final class SwiGluGradient {

    private static final int BLOCK = 4 * 1024;   // elements

    private SwiGluGradient() {}

    /** Computes out = dy · up · σ(gate) · (1 + gate · (1 - σ(gate))). */
    public static void gate(MemorySegment dy, MemorySegment gate, MemorySegment up, long n, MemorySegment out) {
        long d = Memory.address(dy, n, "the gradient of SwiGLU"), g = Memory.address(gate, n, "the gate"),
                u = Memory.address(up, n, "up");
        long to = Memory.address(out, n, "the gradient of the gate");
        inBlocks(n, (at, count) -> gate(d + at, g + at, u + at, count, to + at));
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(gate);
        Reference.reachabilityFence(up);
        Reference.reachabilityFence(out);
    }

    private static void gate(long dy, long gate, long up, int n, long out) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, gate + 4L * i, ORDER);
            FloatVector sigmoid = FloatVector.broadcast(F, 1f).div(Exponential.exp(x.neg()).add(1f));
            FloatVector slope = x.mul(sigmoid.neg().add(1f)).add(1f).mul(sigmoid);
            FloatVector.fromMemorySegment(F, ALL, dy + 4L * i, ORDER)
                    .mul(FloatVector.fromMemorySegment(F, ALL, up + 4L * i, ORDER)).mul(slope)
                    .intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (; i < n; i++) {
            float x = Memory.get(gate + 4L * i), sigmoid = (float) (1 / (1 + Math.exp(-x)));
            Memory.set(out + 4L * i,
                    Memory.get(dy + 4L * i) * Memory.get(up + 4L * i) * sigmoid * (1 + x * (1 - sigmoid)));
        }
    }

    /** Computes out = dy · gate · σ(gate). */
    public static void up(MemorySegment dy, MemorySegment gate, long n, MemorySegment out) {
        long d = Memory.address(dy, n, "the gradient of SwiGLU"), g = Memory.address(gate, n, "the gate"),
                to = Memory.address(out, n, "the gradient of up");
        inBlocks(n, (at, count) -> up(d + at, g + at, count, to + at));
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(gate);
        Reference.reachabilityFence(out);
    }

    private static void up(long dy, long gate, int n, long out) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, gate + 4L * i, ORDER);
            FloatVector.fromMemorySegment(F, ALL, dy + 4L * i, ORDER).mul(x.div(Exponential.exp(x.neg()).add(1f)))
                    .intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (; i < n; i++) {
            float x = Memory.get(gate + 4L * i);
            Memory.set(out + 4L * i, (float) (Memory.get(dy + 4L * i) * x / (1 + Math.exp(-x))));
        }
    }

    private interface Block { void run(long bytes, int count); }

    private static void inBlocks(long n, Block block) {
        Threads.range(Math.toIntExact((n + BLOCK - 1) / BLOCK), 2, (first, last) -> {
            for (int b = first; b < last; b++) block.run(4L * b * BLOCK, (int) Math.min(BLOCK, n - (long) b * BLOCK));
        });
    }
}
