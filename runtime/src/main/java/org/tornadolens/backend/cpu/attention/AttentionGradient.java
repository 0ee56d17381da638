package org.tornadolens.backend.cpu.attention;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.pointwise.Vectors;

/**
 * The backward pass of attention in its steps, for patterns that an operation reads or changes. Scores and patterns are
 * [batch, heads, pos, key], queries [batch, pos, heads, dHead], keys and values [batch, key, kvHeads, dHead]; there is
 * no past.
 */
public final class AttentionGradient {

    private AttentionGradient() {}

    /** Computes dq[i] = Σ_j dy[i, j] · k[j] / √dHead over the sources that destination i sees. */
    public static void queries(MemorySegment dy, MemorySegment k, AttentionSizes sizes, MemorySegment dq) {
        long gradient = Memory.address(dy, sizes.patternElements(), "the gradient of the scores"),
                keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long to = Memory.address(dq, sizes.queryElements(), "the gradient of the queries");
        Threads.range(sizes.batch() * sizes.heads(), 1, (first, last) -> {
            for (int task = first; task < last; task++) {
                Threads.check();
                int row = task / sizes.heads(), head = task % sizes.heads();
                long key = keys + 4 * sizes.keyOffset(row, head / sizes.group());
                for (int i = 0; i < sizes.pos(); i++) {
                    long query = to + 4 * sizes.queryOffset(row, i, head),
                            weights = gradient + 4 * sizes.patternOffset(row, head, i);
                    Vectors.clear(sizes.dHead(), query);
                    for (int j = Math.max(sizes.padding()[row], sizes.beforeWindow(i)); j <= i; j++) {
                        Vectors.add(Memory.get(weights + 4L * j) * sizes.factor(), key + keyStep(sizes) * j,
                                sizes.dHead(), query);
                    }
                }
            }
        });
        fence(dy, k, dq);
    }

    /**
     * Computes dk[j] = Σ dy[h, i, j] · q[h, i] / √dHead over the destinations that see source j and the heads that
     * share it.
     */
    public static void keys(MemorySegment dy, MemorySegment q, AttentionSizes sizes, MemorySegment dk) {
        transposed(dy, q, sizes, sizes.factor(), true, dk);
    }

    /** Computes dv[j] = Σ pattern[h, i, j] · dy[h, i] over all destinations and the heads that share the value. */
    public static void values(MemorySegment pattern, MemorySegment dy, AttentionSizes sizes, MemorySegment dv) {
        transposed(pattern, dy, sizes, 1, false, dv);
    }

    /** Computes out[j] = factor · Σ_h Σ_i weights[h, i, j] · x[h, i]. */
    private static void transposed(MemorySegment weights, MemorySegment x, AttentionSizes sizes, float factor,
            boolean masked,
            MemorySegment out) {
        long from = Memory.address(weights, sizes.patternElements(), "attention's pattern"),
                by = Memory.address(x, sizes.queryElements(), "a value of the queries' shape");
        long to = Memory.address(out, sizes.keyElements(), "the gradient of keys or values");
        Threads.range(sizes.batch() * sizes.kvHeads(), 1, (first, last) -> {
            for (int task = first; task < last; task++) {
                Threads.check();
                int row = task / sizes.kvHeads(), kvHead = task % sizes.kvHeads();
                long target = to + 4 * sizes.keyOffset(row, kvHead);
                for (int j = 0; j < sizes.key(); j++) Vectors.clear(sizes.dHead(), target + keyStep(sizes) * j);
                for (int head = kvHead * sizes.group(); head < (kvHead + 1) * sizes.group(); head++) {
                    for (int i = 0; i < sizes.pos(); i++) {
                        long line = from + 4 * sizes.patternOffset(row, head, i),
                                query = by + 4 * sizes.queryOffset(row, i, head);
                        int begin = masked ? Math.max(sizes.padding()[row], sizes.beforeWindow(i)) : 0;
                        int end = masked ? i + 1 : sizes.key();
                        for (int j = begin; j < end; j++) {
                            Vectors.add(Memory.get(line + 4L * j) * factor, query, sizes.dHead(),
                                    target + keyStep(sizes) * j);
                        }
                    }
                }
            }
        });
        fence(weights, x, out);
    }

    /** Computes out[i, j] = dy[i] · v[j], for every pair. */
    public static void pattern(MemorySegment dy, MemorySegment v, AttentionSizes sizes, MemorySegment out) {
        long gradient = Memory.address(dy, sizes.queryElements(), "the gradient of attention's output"),
                values = Memory.address(v, sizes.keyElements(), "attention's values");
        long to = Memory.address(out, sizes.patternElements(), "the gradient of the pattern");
        Threads.range(sizes.batch() * sizes.heads(), 1, (first, last) -> {
            for (int task = first; task < last; task++) {
                Threads.check();
                int row = task / sizes.heads(), head = task % sizes.heads();
                long value = values + 4 * sizes.keyOffset(row, head / sizes.group());
                for (int i = 0; i < sizes.pos(); i++) {
                    long query = gradient + 4 * sizes.queryOffset(row, i, head),
                            target = to + 4 * sizes.patternOffset(row, head, i);
                    for (int j = 0; j < sizes.key(); j++)
                        Memory.set(target + 4L * j, Vectors.dot(query, value + keyStep(sizes) * j, sizes.dHead()));
                }
            }
        });
        fence(dy, v, out);
    }

    /** Computes out[i] = pattern[i] · (dy[i] - Σ pattern[i] · dy[i]), n rows of d; out may be dy. */
    public static void softmax(MemorySegment dy, MemorySegment pattern, int n, int d, MemorySegment out) {
        long gradient = Memory.address(dy, (long) n * d, "the gradient of the pattern"),
                weights = Memory.address(pattern, (long) n * d, "the pattern");
        long to = Memory.address(out, (long) n * d, "the gradient of the scores");
        Threads.range(n, Math.max(1, 16 * 1024 / Math.max(1, d)), (first, last) -> {
            for (int i = first; i < last; i++)
                softmaxRow(gradient + 4L * i * d, weights + 4L * i * d, d, to + 4L * i * d);
        });
        fence(dy, pattern, out);
    }

    private static void softmaxRow(long dy, long pattern, int d, long out) {
        float mean = Vectors.dot(pattern, dy, d);
        for (int j = 0; j < d; j++)
            Memory.set(out + 4L * j, Memory.get(pattern + 4L * j) * (Memory.get(dy + 4L * j) - mean));
    }

    private static long keyStep(AttentionSizes sizes) { return 4L * sizes.kvHeads() * sizes.dHead(); }

    private static void fence(MemorySegment... segments) {
        for (MemorySegment segment : segments) Reference.reachabilityFence(segment);
    }
}
