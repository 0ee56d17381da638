package org.tornadolens.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.linalg.Parallel;

/**
 * Measures the limits of this machine, to which every ratio of {@code lens bench} refers. All threads work, and the
 * best of several short rounds counts, since other programs can only slow a round down.
 */
public final class MachinePeak {

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int ACCUMULATORS = 12;   // hide the latency of a multiply-add, and fit into 16 registers
    private static final int STEPS = 200_000;
    private static final long BUFFER_BYTES = 512L << 20;   // larger than caches are
    private static final int PIECE_BYTES = 1 << 20;

    private MachinePeak() {}

    /** Measures f32 multiply-adds on all threads with operands in registers, in FLOP/s (two per multiply-add). */
    public static double flops(int rounds) {
        int threads = Parallel.threads();
        float[] sums = new float[threads];   // results are kept so that the compiler does not remove the work
        double best = 0;
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            Parallel.range(threads, 1, (from, to) -> {
                for (int t = from; t < to; t++) sums[t] = multiplyAdds();
            });
            best = Math.max(best,
                    2.0 * STEPS * ACCUMULATORS * F.length() * threads / (System.nanoTime() - start) * 1e9);
        }
        return best;
    }

    private static float multiplyAdds() {
        FloatVector x = FloatVector.broadcast(F, 0.999f), y = FloatVector.broadcast(F, 0.001f);
        FloatVector a = y, b = x, c = y, d = x, e = y, f = x, g = y, h = x, i = y, j = x, k = y, l = x;
        for (int step = 0; step < STEPS; step++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        FloatVector first = a.add(b).add(c).add(d).add(e).add(f), second = g.add(h).add(i).add(j).add(k).add(l);
        return first.add(second).reduceLanes(VectorOperators.ADD);
    }

    /** Measures sequential reads of memory on all threads, in bytes per second. */
    public static double readBandwidth(int rounds) {
        int pieces = (int) (BUFFER_BYTES / PIECE_BYTES);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES, 64);
            Parallel.range(pieces, 1, (from, to) -> buffer
                    .asSlice((long) from * PIECE_BYTES, (long) (to - from) * PIECE_BYTES).fill((byte) 1));
            float[] sums = new float[pieces];
            double best = 0;
            for (int round = 0; round < rounds; round++) {
                long start = System.nanoTime();
                Parallel.range(pieces, 1, (from, to) -> {
                    for (int p = from; p < to; p++) sums[p] = sum(buffer, (long) p * PIECE_BYTES);
                });
                best = Math.max(best, (double) BUFFER_BYTES / (System.nanoTime() - start) * 1e9);
            }
            return best;
        }
    }

    private static float sum(MemorySegment buffer, long from) {
        int width = F.vectorByteSize();
        FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
        for (int at = 0; at < PIECE_BYTES; at += 4 * width) {
            a = a.add(FloatVector.fromMemorySegment(F, buffer, from + at, ORDER));
            b = b.add(FloatVector.fromMemorySegment(F, buffer, from + at + width, ORDER));
            c = c.add(FloatVector.fromMemorySegment(F, buffer, from + at + 2L * width, ORDER));
            d = d.add(FloatVector.fromMemorySegment(F, buffer, from + at + 3L * width, ORDER));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
}
