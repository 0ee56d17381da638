package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.pointwise.RowReductions;
import org.tornadolens.backend.cpu.product.Tile;

/**
 * Causal attention in its three steps, with scores and pattern in memory because an operation reads or changes them;
 * otherwise {@link FusedAttention} is taken. Grouped-query: head h reads key/value head h / (heads / kvHeads).
 */
public final class Attention {

    /** Destinations of one task, which share the copies of keys and values. */
    private static final int TASK_DESTINATIONS = 12 * Tile.ROWS;

    /** Tasks of at most this many destinations take them one by one, because a tile would be mostly empty. */
    private static final int MAX_DESTINATIONS_ONE_BY_ONE = 3;

    private Attention() {}

    /** Describes what {@link #scores} works in. */
    public static Need scratchOfScores(AttentionSizes sizes) {
        return ofTasks(sizes, SCORES_ONE_BY_ONE, scoresInTiles(sizes.dHead()));
    }

    /** Describes what {@link #mix} works in. */
    public static Need scratchOfMix(AttentionSizes sizes) {
        return ofTasks(sizes, mixOneByOne(sizes.dHead()), mixInTiles(sizes.dHead()));
    }

    private static Need ofTasks(AttentionSizes sizes, Layout oneByOne, Layout inTiles) {
        int largest = Math.min(sizes.pos(), TASK_DESTINATIONS), last = sizes.pos() % TASK_DESTINATIONS;
        Layout layout = largest > MAX_DESTINATIONS_ONE_BY_ONE ? inTiles : oneByOne;
        return Need.ofEach(last > 0 && last <= MAX_DESTINATIONS_ONE_BY_ONE ? layout.and(oneByOne) : layout);
    }

    private static final Layout SCORES_ONE_BY_ONE = Layout.of(Region.SCORES, 4).and(Region.LANES, 4 * LANES);

    private static Layout mixOneByOne(int dHead) {
        return Layout.of(Region.SCORES, Tile.DEPTH).and(Region.OUTPUTS, dHead);
    }

    private static Layout scoresInTiles(int dHead) {
        int depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
        // queries [depth block, destination, depth]
        return Layout.of(Region.TILE_ROWS, depths * TASK_DESTINATIONS * Tile.STRIDE)
                .and(Region.OPERANDS, (long) dHead * Tile.WIDTH)                       // keys [dHead, key]
                .and(Region.SCORE_TILES, Tile.ROWS * Tile.WIDTH);
    }

    private static Layout mixInTiles(int dHead) {
        return Layout.of(Region.TILE_ROWS, TASK_DESTINATIONS * Tile.STRIDE)            // pattern [destination, key]
                .and(Region.OPERANDS, Tile.DEPTH * Tile.WIDTH)                         // values [key, panel's columns]
                .and(Region.OUTPUT_PANELS, outputFloats(dHead));
    }

    /** Outputs [panel, destination, WIDTH]. */
    private static long outputFloats(int dHead) {
        return (long) Panels.count(dHead) * TASK_DESTINATIONS * Tile.WIDTH;
    }

    /**
     * Computes out[b, h, i, j] = q·k / √dHead, −∞ where destination i does not see source j; out [batch, heads, pos,
     * key].
     */
    public static void scores(MemorySegment q, MemorySegment k, AttentionSizes sizes, MemorySegment out) {
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long to = Memory.address(out, sizes.patternElements(), "attention's scores");
        Layout inTiles = scoresInTiles(sizes.dHead());
        inTasks(sizes, (row, head, first, count) -> {
            long target = to + 4 * sizes.patternOffset(row, head, first);
            long query = queries + 4 * sizes.queryOffset(row, first, head),
                    key = keys + 4 * sizes.keyOffset(row, head / sizes.group());
            if (count <= MAX_DESTINATIONS_ONE_BY_ONE) scoresOneByOne(sizes, first, count, query, key, target);
            else scoresInTiles(sizes, first, count, query, key, target, inTiles);
            for (int i = 0; i < count; i++) {
                int visible = sizes.past() + first + i + 1;
                int hidden = Math.max(sizes.padding()[row], sizes.beforeWindow(first + i));
                fillMasked(target + 4L * i * sizes.key(), 0, Math.min(visible, hidden));
                fillMasked(target + 4L * i * sizes.key(), visible, sizes.key());
            }
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(out);
    }

    /** Computes the pattern from scores [batch, heads, pos, key]; both may lie in the same memory. */
    public static void softmax(MemorySegment scores, AttentionSizes sizes, MemorySegment pattern) {
        RowReductions.softmax(scores, Math.toIntExact((long) sizes.batch() * sizes.heads() * sizes.pos()), sizes.key(),
                pattern);
    }

    /**
     * Computes z[b, i, h] = Σ_j pattern[b, h, i, j] · v[b, j] for any pattern, including masked sources. Values are not
     * read where the pattern is exactly zero for all destinations of a task, after the last source seen or before a
     * window.
     */
    public static void mix(MemorySegment pattern, MemorySegment v, AttentionSizes sizes, MemorySegment z) {
        long from = Memory.address(pattern, sizes.patternElements(), "attention's pattern");
        long values = Memory.address(v, sizes.keyElements(), "attention's values");
        long to = Memory.address(z, sizes.queryElements(), "attention's output");
        Layout oneByOne = mixOneByOne(sizes.dHead()), inTiles = mixInTiles(sizes.dHead());
        inTasks(sizes, (row, head, first, count) -> {
            long weights = from + 4 * sizes.patternOffset(row, head, first),
                    value = values + 4 * sizes.keyOffset(row, head / sizes.group());
            long target = to + 4 * sizes.queryOffset(row, first, head);
            if (count <= MAX_DESTINATIONS_ONE_BY_ONE) mixOneByOne(sizes, count, weights, value, target, oneByOne);
            else mixInTiles(sizes, count, weights, value, target, inTiles);
        });
        Reference.reachabilityFence(pattern);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    /** Computes the scores of a few destinations without packing. */
    private static void scoresOneByOne(AttentionSizes sizes, int first, int count, long q, long k, long out) {
        float[] scores = SCORES_ONE_BY_ONE.array(Region.SCORES), lanes = SCORES_ONE_BY_ONE.array(Region.LANES);
        long step = 4L * sizes.kvHeads() * sizes.dHead();
        for (int i = 0; i < count; i++) {
            int seen = sizes.past() + first + i + 1;
            for (int j = sizes.beforeWindow(first + i); j < seen; j += 4) {
                FewQueries.scores(q + 4L * i * sizes.heads() * sizes.dHead(), k + j * step, step, seen - j,
                        sizes.dHead(),
                        lanes, scores, 0);
                for (int s = 0; s < Math.min(4, seen - j); s++)
                    Memory.set(out + 4 * ((long) i * sizes.key() + j + s), scores[s] * sizes.factor());
            }
        }
    }

    private static void mixOneByOne(AttentionSizes sizes, int count, long pattern, long v, long z, Layout scratch) {
        float[] weights = scratch.array(Region.SCORES), sum = scratch.array(Region.OUTPUTS);
        long step = 4L * sizes.kvHeads() * sizes.dHead();
        for (int i = 0; i < count; i++) {
            Arrays.fill(sum, 0, sizes.dHead(), 0);
            for (int j = firstNonzero(pattern + 4L * i * sizes.key(), sizes.key()); j < sizes.key(); j += Tile.DEPTH) {
                int n = Math.min(Tile.DEPTH, sizes.key() - j);
                Memory.load(pattern + 4 * ((long) i * sizes.key() + j), n, weights, 0);
                FewQueries.mix(weights, 0, n, v + j * step, step, sizes.dHead(), sum, 0);
            }
            Memory.store(sum, 0, sizes.dHead(), z + 4L * i * sizes.heads() * sizes.dHead());
        }
    }

    /**
     * Computes the scores of {@code count} destinations from {@code first} on with the keys that the last of them sees.
     */
    private static void scoresInTiles(AttentionSizes sizes, int first, int count, long q, long k, long out,
            Layout scratch) {
        int dHead = sizes.dHead();
        float[] queries = scratch.array(Region.TILE_ROWS);
        long keys = scratch.address(Region.OPERANDS);
        long tile = scratch.address(Region.SCORE_TILES);
        for (int i = 0; i < count; i++) {
            for (int depth = 0, at = i; depth < dHead; depth += Tile.DEPTH, at += TASK_DESTINATIONS) {
                int n = Math.min(Tile.DEPTH, dHead - depth);
                Memory.load(q + 4 * ((long) i * sizes.heads() * dHead + depth), n, queries, at * Tile.STRIDE);
                scale(queries, at * Tile.STRIDE, n, sizes.factor());
            }
        }
        long step = 4L * sizes.kvHeads() * dHead;
        int seen = sizes.past() + first + count;
        for (int j = sizes.beforeWindow(first) / Tile.WIDTH * Tile.WIDTH; j < seen; j += Tile.WIDTH) {
            int width = Math.min(Tile.WIDTH, seen - j);
            int end = Math.min(count, sizes.destinationsSeeing(j + width - 1) - first);
            Panels.pack(k + j * step, step, width, dHead, keys);
            // the tiles above hold only destinations before these keys, those below only destinations whose windows
            // begin after them
            for (int i = Math.max(0, j - sizes.past() - first) / Tile.ROWS * Tile.ROWS; i < end; i += Tile.ROWS) {
                for (int depth = 0, at = i; depth < dHead; depth += Tile.DEPTH, at += TASK_DESTINATIONS) {
                    Tile.wide(queries, at * Tile.STRIDE, keys + depth * Tile.ROW, Math.min(Tile.DEPTH, dHead - depth),
                            depth == 0 ? Tile.ZEROS : tile, tile);
                }
                for (int r = 0; r < Math.min(Tile.ROWS, count - i); r++) {
                    Memory.copy(tile + r * Tile.ROW, width, out + 4 * ((long) (i + r) * sizes.key() + j));
                }
            }
        }
    }

    /** Computes the outputs of {@code count} destinations, whose pattern rows follow each other. */
    private static void mixInTiles(AttentionSizes sizes, int count, long pattern, long v, long z, Layout scratch) {
        int dHead = sizes.dHead(), panels = Panels.count(dHead);
        float[] weights = scratch.array(Region.TILE_ROWS);
        long values = scratch.address(Region.OPERANDS);
        long outputs = scratch.address(Region.OUTPUT_PANELS);
        Memory.clear(outputs, outputFloats(dHead));
        int used = 0, begin = sizes.key();
        for (int i = 0; i < count; i++) {
            used = afterLastNonzero(pattern + 4L * i * sizes.key(), used, sizes.key());
            begin = firstNonzero(pattern + 4L * i * sizes.key(), begin);
        }
        long step = 4L * sizes.kvHeads() * dHead;
        for (int j = begin; j < used; j += Tile.DEPTH) {
            int n = Math.min(Tile.DEPTH, used - j);
            for (int i = 0; i < count; i++)
                Memory.load(pattern + 4 * ((long) i * sizes.key() + j), n, weights, i * Tile.STRIDE);
            for (int p = 0; p < panels; p++) {
                int d = p * Tile.WIDTH, width = Math.min(Tile.WIDTH, dHead - d);
                if (width < Tile.WIDTH) Memory.clear(values, (long) n * Tile.WIDTH);
                for (int r = 0; r < n; r++) Memory.copy(v + (j + r) * step + 4L * d, width, values + r * Tile.ROW);
                for (int i = 0; i < count; i += Tile.ROWS) {
                    long tile = outputs + (p * TASK_DESTINATIONS + i) * Tile.ROW;
                    if (width > LANES) Tile.wide(weights, i * Tile.STRIDE, values, n, tile, tile);
                    else Tile.narrow(weights, i * Tile.STRIDE, values, n, tile, tile);
                }
            }
        }
        for (int p = 0; p < panels; p++) {
            int d = p * Tile.WIDTH;
            for (int i = 0; i < count; i++) {
                Memory.copy(outputs + (p * TASK_DESTINATIONS + i) * Tile.ROW, Math.min(Tile.WIDTH, dHead - d),
                        z + 4 * ((long) i * sizes.heads() * dHead + d));
            }
        }
    }

    private interface Task { void run(int row, int head, int firstDestination, int destinations); }

    /** Runs a task for each batch row, head and block of destinations, late ones first because they see most. */
    private static void inTasks(AttentionSizes sizes, Task task) {
        int blocks = (sizes.pos() + TASK_DESTINATIONS - 1) / TASK_DESTINATIONS;
        int tasks = Math.multiplyExact(sizes.batch() * sizes.heads(), blocks);
        long work = (long) Math.min(sizes.pos(), TASK_DESTINATIONS) * sizes.key() * sizes.dHead();
        int grain = (int) Math.max(1, Math.min(tasks, 64 * 1024 / Math.max(1, work)));
        Threads.range(tasks, grain, (from, to) -> {
            for (int t = from; t < to; t++) {
                Threads.check();
                int first = (blocks - 1 - t % blocks) * TASK_DESTINATIONS;
                int rowHead = t / blocks;
                task.run(rowHead / sizes.heads(), rowHead % sizes.heads(), first,
                        Math.min(TASK_DESTINATIONS, sizes.pos() - first));
            }
        });
    }

    private static void fillMasked(long row, int from, int to) {
        FloatVector masked = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int j = from;
        for (; j <= to - LANES; j += LANES) masked.intoMemorySegment(ALL, row + 4L * j, ORDER);
        for (; j < to; j++) Memory.set(row + 4L * j, Float.NEGATIVE_INFINITY);
    }

    /** Returns one past the last nonzero element from {@code from} on, or {@code from}. */
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

    /** Returns an index near the first nonzero element before which all elements are zero; n if the first n are. */
    private static int firstNonzero(long row, int n) {
        int begin = 0;
        for (; begin <= n - LANES; begin += LANES) {
            FloatVector elements = FloatVector.fromMemorySegment(F, ALL, row + 4L * begin, ORDER);
            if (elements.compare(VectorOperators.NE, 0f).anyTrue()) return begin;
        }
        while (begin < n && Memory.get(row + 4L * begin) == 0) begin++;
        return begin;
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = 0; i < n; i++) x[at + i] *= factor;
    }
}
