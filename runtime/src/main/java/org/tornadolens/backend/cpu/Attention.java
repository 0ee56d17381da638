package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.Scratch.Use;

/**
 * Causal attention in its three steps, each result in memory for whoever reads or changes it. {@link FusedAttention}
 * is for when nobody does. Grouped-query: head h reads key/value head h / (heads / kvHeads).
 */
public final class Attention {

    /** Destinations of one task: they share the copies of keys and values that they meet. */
    private static final int DESTINATIONS = 12 * Tile.ROWS;

    /** Destinations that are better taken one by one. */
    private static final int FEW = 3;

    private Attention() {}

    /** The memory that scores and mixtures work in at the most, all threads together. */
    static long scratchBytes(int dHead) {
        long depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH, widths = Panels.count(dHead);
        return Float.BYTES * Threads.count() * (depths * DESTINATIONS * Tile.STRIDE
                + Math.max(dHead, Tile.DEPTH) * (long) Tile.WIDTH + (widths * DESTINATIONS + Tile.ROWS) * Tile.WIDTH);
    }

    /**
     * The sizes of one attention operation. Queries are [batch, pos, heads, dHead]; keys and values
     * [batch, key, kvHeads, dHead], whose batch rows may lie further apart than their length: a cache with room to grow.
     * Destination i is position {@code key − pos + i} and sees the latest sources up to itself, but for left padding.
     *
     * @param batchStride floats from one batch row of keys or values to the next
     * @param padding     keys at the start of each batch row that nobody sees
     * @param window      how many of the latest sources a destination sees, itself included; {@link #ALL}: all
     */
    public record Sizes(int batch, int pos, int key, int heads, int kvHeads, int dHead, long batchStride, int[] padding,
            int window) {

        /** A window that leaves nothing out. */
        public static final int ALL = Integer.MAX_VALUE;

        public Sizes {
            if (window < 1) throw new IllegalArgumentException("a window of " + window + " keys leaves a query none");
            if (heads % kvHeads != 0)
                throw new IllegalArgumentException(
                        heads + " heads cannot share " + kvHeads + " key/value heads evenly");
            if (key < pos) throw new IllegalArgumentException(pos + " positions need as many keys, not " + key);
            if (padding.length != batch)
                throw new IllegalArgumentException(padding.length + " paddings for " + batch + " batch rows");
            if (batch > 1 && batchStride < (long) key * kvHeads * dHead) {
                throw new IllegalArgumentException(
                        "a batch row of " + key + " keys takes more than " + batchStride + " floats");
            }
        }

        /** No window. */
        public Sizes(int batch, int pos, int key, int heads, int kvHeads, int dHead, long batchStride, int[] padding) {
            this(batch, pos, key, heads, kvHeads, dHead, batchStride, padding, ALL);
        }

        /** Keys and values without spare capacity, no padding. */
        public Sizes(int batch, int pos, int key, int heads, int kvHeads, int dHead) {
            this(batch, pos, key, heads, kvHeads, dHead, (long) key * kvHeads * dHead, new int[batch]);
        }

        /** Keys before the first destination. */
        public int past() { return key - pos; }

        /** How many sources come before the window of a destination. */
        int beforeWindow(int destination) {
            return Math.max(0, past() + destination + 1 - window);
        }

        /** One past the last destination whose window still reaches back to a source. */
        int destinationsSeeing(int source) {
            return (int) Math.clamp((long) source + window - past(), 0, pos);
        }

        boolean windowed() { return window < key; }

        /** Query heads that share a key/value head. */
        public int group() { return heads / kvHeads; }

        /** What scores are multiplied by: 1/√dHead. */
        float factor() { return (float) (1 / Math.sqrt(dHead)); }

        long queryElements() { return Math.multiplyExact((long) batch * pos, (long) heads * dHead); }

        long keyElements() { return Memory.extent(batch, batchStride, (long) key * kvHeads * dHead); }

        long patternElements() { return Math.multiplyExact((long) batch * heads * pos, (long) key); }

        /** The first float of a key or value head in its batch row: later keys follow kvHeads · dHead apart. */
        long keyOffset(int row, int kvHead) {
            return row * batchStride + (long) kvHead * dHead;
        }

        long patternOffset(int row, int head, int destination) {
            return (((long) row * heads + head) * pos + destination) * key;
        }

        long queryOffset(int row, int destination, int head) {
            return (((long) row * pos + destination) * heads + head) * dHead;
        }
    }

    /** out[b, h, i, j] = q·k / √dHead, −∞ where destination i does not see source j; out [batch, heads, pos, key]. */
    public static void scores(MemorySegment q, MemorySegment k, Sizes sizes, MemorySegment out) {
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long to = Memory.address(out, sizes.patternElements(), "attention's scores");
        inTasks(sizes, (row, head, first, count) -> {
            long target = to + 4 * sizes.patternOffset(row, head, first);
            long query = queries + 4 * sizes.queryOffset(row, first, head),
                    key = keys + 4 * sizes.keyOffset(row, head / sizes.group());
            if (count <= FEW) fewScores(sizes, first, count, query, key, target);
            else scores(sizes, first, count, query, key, target);
            for (int i = 0; i < count; i++) {
                int visible = sizes.past() + first + i + 1;
                int hidden = Math.max(sizes.padding[row], sizes.beforeWindow(first + i));
                fillMasked(target + 4L * i * sizes.key, 0, Math.min(visible, hidden));
                fillMasked(target + 4L * i * sizes.key, visible, sizes.key);
            }
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(out);
    }

    /** Rows of scores, [batch, heads, pos, key], to a pattern of the same shape, possibly in the same memory. */
    public static void softmax(MemorySegment scores, Sizes sizes, MemorySegment pattern) {
        RowReductions.softmax(scores, Math.toIntExact((long) sizes.batch * sizes.heads * sizes.pos), sizes.key,
                pattern);
    }

    /**
     * z[b, i, h] = Σ_j pattern[b, h, i, j] · v[b, j]; whatever the pattern holds, sources behind the mask included.
     * Where it is exactly zero from some source to the end for many destinations, or up to some source as before a
     * window, those values are not read.
     */
    public static void mix(MemorySegment pattern, MemorySegment v, Sizes sizes, MemorySegment z) {
        long from = Memory.address(pattern, sizes.patternElements(), "attention's pattern");
        long values = Memory.address(v, sizes.keyElements(), "attention's values");
        long to = Memory.address(z, sizes.queryElements(), "attention's output");
        inTasks(sizes, (row, head, first, count) -> {
            long weights = from + 4 * sizes.patternOffset(row, head, first),
                    value = values + 4 * sizes.keyOffset(row, head / sizes.group());
            long target = to + 4 * sizes.queryOffset(row, first, head);
            if (count <= FEW) fewMix(sizes, count, weights, value, target);
            else mix(sizes, count, weights, value, target);
        });
        Reference.reachabilityFence(pattern);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    /** The same for a destination or two, which need no packing. */
    private static void fewScores(Sizes sizes, int first, int count, long q, long k, long out) {
        float[] scores = Scratch.mine().get(Use.SCORES, 4), lanes = Scratch.mine().get(Use.BLOCK, 4 * LANES);
        long step = 4L * sizes.kvHeads * sizes.dHead;
        for (int i = 0; i < count; i++) {
            int seen = sizes.past() + first + i + 1;
            for (int j = sizes.beforeWindow(first + i); j < seen; j += 4) {
                FewQueries.scores(q + 4L * i * sizes.heads * sizes.dHead, k + j * step, step, seen - j, sizes.dHead,
                        lanes, scores, 0);
                for (int s = 0; s < Math.min(4, seen - j); s++)
                    Memory.set(out + 4 * ((long) i * sizes.key + j + s), scores[s] * sizes.factor());
            }
        }
    }

    private static void fewMix(Sizes sizes, int count, long pattern, long v, long z) {
        float[] weights = Scratch.mine().get(Use.SCORES, Tile.DEPTH),
                sum = Scratch.mine().get(Use.OUTPUTS, sizes.dHead);
        long step = 4L * sizes.kvHeads * sizes.dHead;
        for (int i = 0; i < count; i++) {
            Arrays.fill(sum, 0, sizes.dHead, 0);
            for (int j = firstNonzero(pattern + 4L * i * sizes.key, sizes.key); j < sizes.key; j += Tile.DEPTH) {
                int n = Math.min(Tile.DEPTH, sizes.key - j);
                Memory.load(pattern + 4 * ((long) i * sizes.key + j), n, weights, 0);
                FewQueries.mix(weights, 0, n, v + j * step, step, sizes.dHead, sum, 0);
            }
            Memory.store(sum, 0, sizes.dHead, z + 4L * i * sizes.heads * sizes.dHead);
        }
    }

    /** Scores of {@code count} destinations from {@code first} on with the keys that the last of them sees. */
    private static void scores(Sizes sizes, int first, int count, long q, long k, long out) {
        Scratch scratch = Scratch.mine();
        int dHead = sizes.dHead, depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
        float[] queries = scratch.get(Use.PANEL, depths * DESTINATIONS * Tile.STRIDE);   // [depth block, destination, depth]
        long keys = scratch.memory(Use.QUERIES, (long) dHead * Tile.WIDTH);              // [dHead, key]
        long tile = scratch.memory(Use.SCORES, Tile.ROWS * Tile.WIDTH);
        for (int i = 0; i < count; i++) {
            for (int depth = 0, at = i; depth < dHead; depth += Tile.DEPTH, at += DESTINATIONS) {
                int n = Math.min(Tile.DEPTH, dHead - depth);
                Memory.load(q + 4 * ((long) i * sizes.heads * dHead + depth), n, queries, at * Tile.STRIDE);
                scale(queries, at * Tile.STRIDE, n, sizes.factor());
            }
        }
        long step = 4L * sizes.kvHeads * dHead;
        int seen = sizes.past() + first + count;
        for (int j = sizes.beforeWindow(first) / Tile.WIDTH * Tile.WIDTH; j < seen; j += Tile.WIDTH) {
            int width = Math.min(Tile.WIDTH, seen - j);
            int end = Math.min(count, sizes.destinationsSeeing(j + width - 1) - first);
            Panels.pack(k + j * step, step, width, dHead, keys);
            // tiles above begin with destinations, and end with one, that see none of these keys; the windows of those
            // below have left them behind
            for (int i = Math.max(0, j - sizes.past() - first) / Tile.ROWS * Tile.ROWS; i < end; i += Tile.ROWS) {
                for (int depth = 0, at = i; depth < dHead; depth += Tile.DEPTH, at += DESTINATIONS) {
                    Tile.wide(queries, at * Tile.STRIDE, keys + depth * Tile.ROW, Math.min(Tile.DEPTH, dHead - depth),
                            depth == 0 ? Tile.ZEROS : tile, tile);
                }
                for (int r = 0; r < Math.min(Tile.ROWS, count - i); r++) {
                    Memory.copy(tile + r * Tile.ROW, width, out + 4 * ((long) (i + r) * sizes.key + j));
                }
            }
        }
    }

    /** Outputs of {@code count} destinations, whose pattern rows follow each other. */
    private static void mix(Sizes sizes, int count, long pattern, long v, long z) {
        Scratch scratch = Scratch.mine();
        int dHead = sizes.dHead, parts = Panels.count(dHead);
        float[] weights = scratch.get(Use.PANEL, DESTINATIONS * Tile.STRIDE);                      // [destination, key]
        long values = scratch.memory(Use.QUERIES, Tile.DEPTH * Tile.WIDTH);                        // [key, part of dHead]
        long outputs = scratch.memory(Use.OUTPUTS, (long) parts * DESTINATIONS * Tile.WIDTH);      // [part of dHead, destination, WIDTH]
        Memory.clear(outputs, (long) parts * DESTINATIONS * Tile.WIDTH);
        int used = 0, begin = sizes.key;
        for (int i = 0; i < count; i++) {
            used = afterLastNonzero(pattern + 4L * i * sizes.key, used, sizes.key);
            begin = firstNonzero(pattern + 4L * i * sizes.key, begin);
        }
        long step = 4L * sizes.kvHeads * dHead;
        for (int j = begin; j < used; j += Tile.DEPTH) {
            int n = Math.min(Tile.DEPTH, used - j);
            for (int i = 0; i < count; i++)
                Memory.load(pattern + 4 * ((long) i * sizes.key + j), n, weights, i * Tile.STRIDE);
            for (int part = 0; part < parts; part++) {
                int d = part * Tile.WIDTH, width = Math.min(Tile.WIDTH, dHead - d);
                if (width < Tile.WIDTH) Memory.clear(values, (long) n * Tile.WIDTH);
                for (int r = 0; r < n; r++) Memory.copy(v + (j + r) * step + 4L * d, width, values + r * Tile.ROW);
                for (int i = 0; i < count; i += Tile.ROWS) {
                    long tile = outputs + (part * DESTINATIONS + i) * Tile.ROW;
                    if (width > LANES) Tile.wide(weights, i * Tile.STRIDE, values, n, tile, tile);
                    else Tile.narrow(weights, i * Tile.STRIDE, values, n, tile, tile);
                }
            }
        }
        for (int part = 0; part < parts; part++) {
            int d = part * Tile.WIDTH;
            for (int i = 0; i < count; i++) {
                Memory.copy(outputs + (part * DESTINATIONS + i) * Tile.ROW, Math.min(Tile.WIDTH, dHead - d),
                        z + 4 * ((long) i * sizes.heads * dHead + d));
            }
        }
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
                task.run(rowHead / sizes.heads, rowHead % sizes.heads, first,
                        Math.min(DESTINATIONS, sizes.pos - first));
            }
        });
    }

    private static void fillMasked(long row, int from, int to) {
        FloatVector masked = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int j = from;
        for (; j <= to - LANES; j += LANES) masked.intoMemorySegment(ALL, row + 4L * j, ORDER);
        for (; j < to; j++) Memory.set(row + 4L * j, Float.NEGATIVE_INFINITY);
    }

    /** One past the last element from {@code from} on that is not zero, or {@code from}. */
    private static int afterLastNonzero(long row, int from, int n) {
        int end = n;
        for (; end - LANES >= from; end -= LANES) {
            if (FloatVector.fromMemorySegment(F, ALL, row + 4L * (end - LANES), ORDER).compare(VectorOperators.NE, 0f)
                    .anyTrue())
                return end;
        }
        while (end > from && Memory.get(row + 4L * (end - 1)) == 0) end--;
        return end;
    }

    /** A place, near the first element that is not zero, before which all are; n if the first n are. */
    private static int firstNonzero(long row, int n) {
        int begin = 0;
        for (; begin <= n - LANES; begin += LANES) {
            FloatVector some = FloatVector.fromMemorySegment(F, ALL, row + 4L * begin, ORDER);
            if (some.compare(VectorOperators.NE, 0f).anyTrue()) return begin;
        }
        while (begin < n && Memory.get(row + 4L * begin) == 0) begin++;
        return begin;
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = 0; i < n; i++) x[at + i] *= factor;
    }
}
