package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.Scratch.Use;

/**
 * Causal attention in its three steps, each result in memory for whoever reads or changes it. {@link FusedAttention}
 * is for when nobody does. Grouped-query: head h reads key/value head h / (heads / kvHeads).
 */
public final class Attention {

    /** Destination rows of one task, whose scores share the key blocks they read. */
    private static final int DESTINATIONS = 64;

    private Attention() {}

    /**
     * The sizes of one attention operation. Queries are [batch, pos, heads, dHead]; keys and values
     * [batch, key, kvHeads, dHead], whose batch rows may lie further apart than their length: a cache with room to grow.
     * Destination i is position {@code key − pos + i} and sees the sources up to itself, but for left padding.
     *
     * @param batchStride floats from one batch row of keys or values to the next
     * @param padding     keys at the start of each batch row that nobody sees
     */
    public record Sizes(int batch, int pos, int key, int heads, int kvHeads, int dHead, long batchStride, int[] padding) {

        public Sizes {
            if (heads % kvHeads != 0) throw new IllegalArgumentException(heads + " heads cannot share " + kvHeads + " key/value heads evenly");
            if (key < pos) throw new IllegalArgumentException(pos + " positions need as many keys, not " + key);
            if (padding.length != batch) throw new IllegalArgumentException(padding.length + " paddings for " + batch + " batch rows");
            if (batch > 1 && batchStride < (long) key * kvHeads * dHead) {
                throw new IllegalArgumentException("a batch row of " + key + " keys takes more than " + batchStride + " floats");
            }
        }

        /** Keys and values without spare capacity, no padding. */
        public Sizes(int batch, int pos, int key, int heads, int kvHeads, int dHead) {
            this(batch, pos, key, heads, kvHeads, dHead, (long) key * kvHeads * dHead, new int[batch]);
        }

        /** Keys before the first destination. */
        public int past() { return key - pos; }

        /** Query heads that share a key/value head. */
        public int group() { return heads / kvHeads; }

        /** What scores are multiplied by: 1/√dHead. */
        float factor() { return (float) (1 / Math.sqrt(dHead)); }

        long queryElements() { return Math.multiplyExact((long) batch * pos, (long) heads * dHead); }

        long keyElements() { return Memory.extent(batch, batchStride, (long) key * kvHeads * dHead); }

        long patternElements() { return Math.multiplyExact((long) batch * heads * pos, (long) key); }

        /** The first float of a key or value head in its batch row: later keys follow kvHeads · dHead apart. */
        long keyOffset(int row, int kvHead) { return row * batchStride + (long) kvHead * dHead; }

        long queryOffset(int row, int destination, int head) { return (((long) row * pos + destination) * heads + head) * dHead; }
    }

    /** out[b, h, i, j] = q·k / √dHead, −∞ where destination i does not see source j; out [batch, heads, pos, key]. */
    public static void scores(MemorySegment q, MemorySegment k, Sizes sizes, MemorySegment out) {
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long to = Memory.address(out, sizes.patternElements(), "attention's scores");
        inTasks(sizes, (row, head, first, count) -> {
            Rows sources = Rows.floats(keys + 4 * sizes.keyOffset(row, head / sizes.group()), (long) sizes.kvHeads * sizes.dHead);
            long target = to + 4 * (((long) row * sizes.heads + head) * sizes.pos + first) * sizes.key;
            int seen = sizes.past() + first + count;   // by the last destination
            MatrixProduct.multiply(queries + 4 * sizes.queryOffset(row, first, head), (long) sizes.heads * sizes.dHead, count,
                    sources, 0, seen, 0, sizes.dHead, target, sizes.key);
            for (int i = 0; i < count; i++) {
                int visible = sizes.past() + first + i + 1;
                mask(target + 4L * i * sizes.key, Math.min(visible, sizes.padding[row]), visible, sizes.key, sizes.factor());
            }
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(out);
    }

    /** Rows of scores, [batch, heads, pos, key], to a pattern of the same shape, possibly in the same memory. */
    public static void softmax(MemorySegment scores, Sizes sizes, MemorySegment pattern) {
        RowReductions.softmax(scores, Math.toIntExact((long) sizes.batch * sizes.heads * sizes.pos), sizes.key, pattern);
    }

    /** z[b, i, h] = Σ_j pattern[b, h, i, j] · v[b, j]; whatever the pattern holds, sources behind the mask included. */
    public static void mix(MemorySegment pattern, MemorySegment v, Sizes sizes, MemorySegment z) {
        long from = Memory.address(pattern, sizes.patternElements(), "attention's pattern");
        long values = Memory.address(v, sizes.keyElements(), "attention's values");
        long to = Memory.address(z, sizes.queryElements(), "attention's output");
        inTasks(sizes, (row, head, first, count) -> {
            float[] sum = Scratch.mine().get(Use.OUTPUTS, sizes.dHead);
            for (int i = first; i < first + count; i++) {
                Arrays.fill(sum, 0, sizes.dHead, 0);
                long weights = from + 4 * (((long) row * sizes.heads + head) * sizes.pos + i) * sizes.key;
                long value = values + 4 * sizes.keyOffset(row, head / sizes.group());
                for (int j = 0; j < sizes.key; j++) {
                    addScaled(sum, Memory.get(weights + 4L * j), value + 4L * j * sizes.kvHeads * sizes.dHead, sizes.dHead);
                }
                Memory.store(sum, 0, sizes.dHead, to + 4 * sizes.queryOffset(row, i, head));
            }
        });
        Reference.reachabilityFence(pattern);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    private interface Task { void run(int row, int head, int firstDestination, int destinations); }

    /** Each batch row, head and block of destinations, on all threads; late destinations, which see most, go first. */
    private static void inTasks(Sizes sizes, Task task) {
        int blocks = (sizes.pos + DESTINATIONS - 1) / DESTINATIONS;
        int tasks = Math.multiplyExact(sizes.batch * sizes.heads, blocks);
        long work = (long) Math.min(sizes.pos, DESTINATIONS) * sizes.key * sizes.dHead;
        int grain = (int) Math.max(1, Math.min(tasks, 64 * 1024 / Math.max(1, work)));
        Threads.range(tasks, grain, (from, to) -> {
            for (int t = from; t < to; t++) {
                int first = (blocks - 1 - t % blocks) * DESTINATIONS;
                int rowHead = t / blocks;
                task.run(rowHead / sizes.heads, rowHead % sizes.heads, first, Math.min(DESTINATIONS, sizes.pos - first));
            }
        });
    }

    /** Scales a row of raw scores and masks all but [padding, visible). */
    private static void mask(long row, int padding, int visible, int key, float factor) {
        for (int j = 0; j < padding; j++) Memory.set(row + 4L * j, Float.NEGATIVE_INFINITY);
        int j = padding;
        for (; j <= visible - LANES; j += LANES) {
            FloatVector.fromMemorySegment(F, ALL, row + 4L * j, ORDER).mul(factor).intoMemorySegment(ALL, row + 4L * j, ORDER);
        }
        for (; j < visible; j++) Memory.set(row + 4L * j, Memory.get(row + 4L * j) * factor);
        for (; j < key; j++) Memory.set(row + 4L * j, Float.NEGATIVE_INFINITY);
    }

    private static void addScaled(float[] sum, float factor, long x, int n) {
        FloatVector f = FloatVector.broadcast(F, factor);
        int c = 0;
        for (; c <= n - LANES; c += LANES) {
            f.fma(FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER), FloatVector.fromArray(F, sum, c)).intoArray(sum, c);
        }
        for (; c < n; c++) sum[c] = Math.fma(factor, Memory.get(x + 4L * c), sum[c]);
    }
}
