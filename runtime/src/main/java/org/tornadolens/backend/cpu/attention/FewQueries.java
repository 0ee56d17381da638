package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.pointwise.Exponential;
import org.tornadolens.backend.cpu.product.Dot;

/**
 * Fused attention for the few queries of generation, which would leave most lanes of {@link QueryPanels} empty. Keys
 * and values are read where they lie, once for all queries that meet them: the neighbouring heads of a position one
 * after the other, then those of the next position, because memory is read fastest in this order.
 */
final class FewQueries {

    /** Up to this many queries of a key/value head are faster one by one than in panels. */
    static final int MAX_QUERIES = 8;

    /** Keys between two corrections of the softmax. */
    private static final int KEYS = 128;

    /** Values that are added together: the processor prefetches about as many streams of memory at a time. */
    private static final int VALUES = 8;

    private final AttentionSizes sizes;
    private final int row, firstHead, dHead;
    private final int perHead;        // queries of a key/value head; query u is one of head firstHead + u / perHead
    private final int queries;
    private final long step;          // bytes from a key or value of a head to the next
    private final float[] scores;     // [query, KEYS], then their exponentials
    private final float[] outputs;    // [query, dHead]
    private final float[] largest, sums;
    private final int[] visible;      // keys up to a query's own
    private final int[] hidden;       // those of them before its window
    private final int begin;          // keys that no query sees
    private final long[] offsets;     // bytes to a query in q, and to its output in z
    private final float[] lanes;      // sums of scores before their lanes are added up

    /** Describes what each thread works in: at most the queries of all heads of a batch row. */
    static Layout scratch(AttentionSizes sizes) {
        int queries = sizes.kvHeads() * sizes.pos() * sizes.group();
        return Layout.of(Region.SCORES, (long) queries * KEYS).and(Region.OUTPUTS, (long) queries * sizes.dHead())
                .and(Region.LANES, 4 * LANES);
    }

    private FewQueries(AttentionSizes sizes, int row, int firstHead, int heads, Layout scratch) {
        this.sizes = sizes;
        this.row = row;
        this.firstHead = firstHead;
        dHead = sizes.dHead();
        perHead = sizes.pos() * sizes.group();
        queries = heads * perHead;
        step = 4L * sizes.kvHeads() * dHead;
        scores = scratch.array(Region.SCORES);
        outputs = scratch.array(Region.OUTPUTS);
        lanes = scratch.array(Region.LANES);
        largest = new float[queries];
        sums = new float[queries];
        visible = new int[queries];
        hidden = new int[queries];
        offsets = new long[queries];
        for (int u = 0; u < queries; u++) {
            int destination = u % perHead / sizes.group(),
                    head = (firstHead + u / perHead) * sizes.group() + u % sizes.group();
            visible[u] = sizes.past() + destination + 1;
            hidden[u] = sizes.beforeWindow(destination);
            offsets[u] = 4 * sizes.queryOffset(row, destination, head);
        }
        begin = Math.min(sizes.key(), Math.max(sizes.padding()[row], sizes.beforeWindow(0)));
    }

    static void attend(long q, long k, long v, AttentionSizes sizes, long z) {
        int all = sizes.kvHeads(), tasks = sizes.batch() * all;
        long work = 2L * sizes.pos() * sizes.group() * (sizes.key() - sizes.beforeWindow(0)) * sizes.dHead();
        int grain = Math.max((int) Math.clamp(64 * 1024 / Math.max(1, work), 1, tasks),
                (all + Threads.count() - 1) / Threads.count());
        Layout scratch = scratch(sizes);
        Threads.range(tasks, grain, (from, to) -> {
            for (int t = from, heads; t < to; t += heads) {
                heads = Math.min(to - t, all - t % all);   // of one batch row
                new FewQueries(sizes, t / all, t % all, heads, scratch).attend(q, k, v, z);
            }
        });
    }

    private void attend(long q, long k, long v, long z) {
        Arrays.fill(outputs, 0, queries * dHead, 0);
        Arrays.fill(largest, Float.NEGATIVE_INFINITY);
        long first = 4 * sizes.keyOffset(row, firstHead);
        for (int j = begin; j < sizes.key(); j += KEYS) {
            int block = Math.min(KEYS, sizes.key() - j);
            for (int i = 0; i < block; i += 4) {
                for (int u = 0; u < queries; u++) {
                    int n = Math.min(block, visible[u] - j) - i;
                    if (n > 0)
                        scores(q + offsets[u], k + first + head(u) + (j + i) * step, step, n, dHead, lanes, scores,
                                u * KEYS + i);
                }
            }
            for (int u = 0; u < queries; u++) {
                if (visible[u] <= j) continue;
                int n = Math.min(block, visible[u] - j);
                if (hidden[u] > j) hide(u, Math.min(n, hidden[u] - j));
                softmax(u, n);
            }
            for (int i = 0; i < block; i += VALUES) {
                for (int u = 0; u < queries; u++) {
                    int n = Math.min(VALUES, Math.min(block, visible[u] - j) - i);
                    if (n > 0)
                        mix(scores, u * KEYS + i, n, v + first + head(u) + (j + i) * step, step, dHead, outputs,
                                u * dHead);
                }
            }
        }
        for (int u = 0; u < queries; u++) {
            scale(outputs, u * dHead, dHead, sums[u] == 0 ? 0 : 1 / sums[u]);
            Memory.store(outputs, u * dHead, dHead, z + offsets[u]);
        }
    }

    /** Bytes from the first head's keys to those of a query's. */
    private long head(int u) {
        return 4L * (u / perHead) * dHead;
    }

    /**
     * Masks keys before a query's window: windows of few queries begin close together, so that scores are computed for
     * all.
     */
    private void hide(int u, int n) { Arrays.fill(scores, u * KEYS, u * KEYS + n, Float.NEGATIVE_INFINITY); }

    /**
     * Turns n scores of a query into exponentials relative to the largest so far, and corrects sums relative to a
     * smaller one.
     */
    private void softmax(int u, int n) {
        scale(scores, u * KEYS, n, sizes.factor());
        float before = largest[u], now = Math.max(before, largest(scores, u * KEYS, n));
        if (now > before) {
            float correction = before == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(before - now);
            sums[u] *= correction;
            scale(outputs, u * dHead, dHead, correction);
            largest[u] = now;
        }
        sums[u] += exponentials(scores, u * KEYS, n, now == Float.NEGATIVE_INFINITY ? 0 : now);
    }

    /** Writes the unscaled scores of a query with up to four keys, {@code step} bytes apart, to scores[at … at+3]. */
    static void scores(long query, long keys, long step, int n, int dHead, float[] lanes, float[] scores, int at) {
        long last = keys + (n - 1) * step;
        Arrays.fill(lanes, 0, 4 * LANES, 0);
        Dot.oneByFour(query, keys, Math.min(last, keys + step), Math.min(last, keys + 2 * step),
                Math.min(last, keys + 3 * step), dHead, lanes);
        Dot.reduce(lanes, 4, scores, at);   // four sums share the work
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = 0; i < n; i++) x[at + i] *= factor;
    }

    /** Returns the largest element that is a number; a NaN reappears through the exponential. */
    private static float largest(float[] x, int at, int n) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) if (x[at + i] > largest) largest = x[at + i];
        return largest;
    }

    private static float exponentials(float[] x, int at, int n, float base) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = Exponential.exp(FloatVector.fromArray(F, x, at + i).sub(base));
            e.intoArray(x, at + i);
            sum = sum.add(e);
        }
        if (i < n) {
            VectorMask<Float> rest = F.indexInRange(i, n);
            FloatVector e = Exponential.exp(FloatVector.fromArray(F, x, at + i, rest).sub(base));
            e.intoArray(x, at + i, rest);
            sum = sum.add(e, rest);
        }
        return Memory.sum(sum);
    }

    /** Adds Σ_j weights[j] · value j to out, four vectors of the head at a time. */
    static void mix(float[] weights, int first, int n, long values, long step, int dHead, float[] out, int at) {
        int d = 0;
        for (; d <= dHead - 4 * LANES; d += 4 * LANES)
            fourVectors(weights, first, n, values + 4L * d, step, out, at + d);
        for (; d <= dHead - LANES; d += LANES) oneVector(weights, first, n, values + 4L * d, step, out, at + d);
        for (; d < dHead; d++) {
            float sum = out[at + d];
            for (int j = 0; j < n; j++) sum = Math.fma(weights[first + j], Memory.get(values + j * step + 4L * d), sum);
            out[at + d] = sum;
        }
    }

    private static void fourVectors(float[] weights, int first, int n, long values, long step, float[] out, int at) {
        FloatVector s0 = FloatVector.fromArray(F, out, at), s1 = FloatVector.fromArray(F, out, at + LANES);
        FloatVector s2 = FloatVector.fromArray(F, out, at + 2 * LANES),
                s3 = FloatVector.fromArray(F, out, at + 3 * LANES);
        for (int j = 0; j < n; j++) {
            FloatVector weight = FloatVector.broadcast(F, weights[first + j]);
            long value = values + j * step;
            s0 = weight.fma(FloatVector.fromMemorySegment(F, ALL, value, ORDER), s0);
            s1 = weight.fma(FloatVector.fromMemorySegment(F, ALL, value + 4 * LANES, ORDER), s1);
            s2 = weight.fma(FloatVector.fromMemorySegment(F, ALL, value + 8 * LANES, ORDER), s2);
            s3 = weight.fma(FloatVector.fromMemorySegment(F, ALL, value + 12 * LANES, ORDER), s3);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(s0).intoArray(out, at);
        one.mul(s1).intoArray(out, at + LANES);
        one.mul(s2).intoArray(out, at + 2 * LANES);
        one.mul(s3).intoArray(out, at + 3 * LANES);
    }

    private static void oneVector(float[] weights, int first, int n, long values, long step, float[] out, int at) {
        FloatVector sum = FloatVector.fromArray(F, out, at);
        for (int j = 0; j < n; j++) {
            sum = FloatVector.broadcast(F, weights[first + j])
                    .fma(FloatVector.fromMemorySegment(F, ALL, values + j * step, ORDER), sum);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(sum).intoArray(out, at);
    }
}
