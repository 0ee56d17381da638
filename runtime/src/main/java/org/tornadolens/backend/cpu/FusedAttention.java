package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.Attention.Sizes;
import org.tornadolens.backend.cpu.Scratch.Use;

/**
 * Attention whose scores and pattern nobody reads: they exist for a block of queries and keys at a time, with the
 * softmax kept up to date as blocks go by (Milakov and Gimelshein, 2018; Dao et al., 2022).
 *
 * <p>Everything is held with queries across the lanes of a vector, [key, query] and [dHead, query]: keys and values are
 * then broadcast as they lie, and softmax needs no sums across lanes. All queries of a key/value head, those of the
 * heads that share it side by side, form one line, query u being destination u / group of the group's head u % group.
 */
public final class FusedAttention {

    /** Keys that are scored at a time; a multiple of a tile's rows. */
    private static final int KEYS = 8 * Tile.ROWS;

    /** Panels of queries of one task: they share the copies of key and value blocks. */
    private static final int PANELS = 4;

    private FusedAttention() {}

    /** z[b, i, h] = Σ_j softmax_j(q·k / √dHead) · v[b, j] over the sources that destination i sees; zeros if there are none. */
    public static void attend(MemorySegment q, MemorySegment k, MemorySegment v, Sizes sizes, MemorySegment z) {
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long values = Memory.address(v, sizes.keyElements(), "attention's values");
        long out = Memory.address(z, sizes.queryElements(), "attention's output");
        int line = sizes.pos() * sizes.group();
        int width = line <= LANES ? LANES : Tile.WIDTH;
        int panels = (line + width - 1) / width;
        int perTask = Math.clamp((long) panels * sizes.batch() * sizes.kvHeads() / (4 * Threads.count()), 1, PANELS);
        int blocks = (panels + perTask - 1) / perTask;
        long work = 2L * perTask * width * sizes.key() * sizes.dHead();
        int tasks = Math.multiplyExact(sizes.batch() * sizes.kvHeads(), blocks);
        Threads.range(tasks, (int) Math.max(1, Math.min(tasks, 128 * 1024 / Math.max(1, work))), (from, to) -> {
            for (int t = from; t < to; t++) {
                int first = (blocks - 1 - t % blocks) * perTask;   // late queries, which see most, go first
                int row = t / blocks / sizes.kvHeads(), kvHead = t / blocks % sizes.kvHeads();
                new Block(sizes, row, kvHead, first * width, Math.min(perTask, panels - first), width)
                        .attend(queries, keys, values, out);
            }
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    /** Some neighbouring panels of {@code width} queries of one key/value head. */
    private static final class Block {
        private final Sizes sizes;
        private final int row, kvHead, first, panels, width;
        private final int dHead, depths, tiledDepth;
        private final float[] queries;   // [panel, depth block, depth, width], scaled
        private final float[] scores;    // [KEYS, width]
        private final float[] outputs;   // [panel, tiledDepth, width]
        private final float[] running;   // [panel, (largest score, sum of exponentials), width]
        private final float[] keys;      // [depth block, KEYS, Tile.STRIDE]
        private final float[] values;    // [KEYS, tiledDepth]

        Block(Sizes sizes, int row, int kvHead, int first, int panels, int width) {
            this.sizes = sizes;
            this.row = row;
            this.kvHead = kvHead;
            this.first = first;
            this.panels = panels;
            this.width = width;
            dHead = sizes.dHead();
            depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
            tiledDepth = (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;   // the last rows are of no meaning
            Scratch scratch = Scratch.mine();
            queries = scratch.get(Use.QUERIES, panels * dHead * width);
            scores = scratch.get(Use.SCORES, KEYS * width);
            outputs = scratch.get(Use.OUTPUTS, panels * tiledDepth * width);
            running = scratch.get(Use.RUNNING, panels * 2 * width);
            keys = scratch.get(Use.PANEL, depths * KEYS * Tile.STRIDE);
            values = scratch.get(Use.ROWS, KEYS * tiledDepth);
        }

        void attend(long q, long k, long v, long z) {
            packQueries(q);
            Arrays.fill(outputs, 0, panels * tiledDepth * width, 0);
            for (int p = 0; p < panels; p++) {
                Arrays.fill(running, 2 * p * width, (2 * p + 1) * width, Float.NEGATIVE_INFINITY);
                Arrays.fill(running, (2 * p + 1) * width, (2 * p + 2) * width, 0);
            }
            int begin = Math.min(sizes.padding()[row], sizes.key()), end = seenBy(panels - 1);
            for (int j = begin; j < end; j += KEYS) {
                int count = Math.min(KEYS, end - j);
                loadKeys(k, v, j, count);
                for (int p = 0; p < panels; p++) {
                    int seen = Math.min(count, seenBy(p) - j);
                    if (seen > 0) panel(p, j, seen);
                }
            }
            store(z);
        }

        /** Queries of this block's line, those past the end of it not counted. */
        private int count() { return Math.min(panels * width, sizes.pos() * sizes.group() - first); }

        private int destination(int query) { return (first + query) / sizes.group(); }

        private int head(int query) { return kvHead * sizes.group() + (first + query) % sizes.group(); }

        /** Keys that the last query of a panel sees. */
        private int seenBy(int panel) { return sizes.past() + destination(Math.min(count(), (panel + 1) * width) - 1) + 1; }

        private void packQueries(long q) {
            int count = count();
            for (int p = 0; p < panels; p++) {
                float[] strip = keys;   // not in use yet
                for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                    int n = Math.min(Tile.DEPTH, dHead - depth);
                    for (int l = 0; l < width; l++) {
                        int query = p * width + l, at = l * Tile.STRIDE;
                        if (query < count) {
                            Memory.load(q + 4 * (sizes.queryOffset(row, destination(query), head(query)) + depth), n, strip, at);
                            scale(strip, at, n, sizes.factor());
                        } else {
                            Arrays.fill(strip, at, at + n, 0);
                        }
                    }
                    Transpose.transpose(strip, 0, Tile.STRIDE, width, n, queries, (p * dHead + depth) * width, width);
                }
            }
        }

        private void loadKeys(long k, long v, int j, int count) {
            long step = (long) sizes.kvHeads() * dHead;
            for (int i = 0; i < count; i++) {
                long at = 4 * (sizes.keyOffset(row, kvHead) + (j + i) * step);
                for (int depth = 0, d = 0; depth < dHead; depth += Tile.DEPTH, d++) {
                    Memory.load(k + at + 4L * depth, Math.min(Tile.DEPTH, dHead - depth), keys, (d * KEYS + i) * Tile.STRIDE);
                }
                Memory.load(v + at, dHead, values, i * tiledDepth);
            }
        }

        /** One panel of queries with {@code count} keys from key {@code j} on. */
        private void panel(int p, int j, int count) {
            boolean wide = width == Tile.WIDTH;
            Arrays.fill(scores, 0, KEYS * width, 0);
            for (int depth = 0, d = 0; depth < dHead; depth += Tile.DEPTH, d++) {
                int n = Math.min(Tile.DEPTH, dHead - depth);
                for (int i = 0; i < count; i += Tile.ROWS) {
                    int a = (d * KEYS + i) * Tile.STRIDE, b = (p * dHead + depth) * width;
                    if (wide) Tile.wide(keys, a, queries, b, n, scores, i * width, width);
                    else Tile.narrow(keys, a, queries, b, n, scores, i * width, width);
                }
            }
            int out = p * tiledDepth * width;
            for (int l = 0; l < width; l += LANES) softmax(2 * p * width + l, p * width + l, j, count, l, out + l);
            for (int d = 0; d < dHead; d += Tile.ROWS) {
                if (wide) Tile.wideUpright(values, d, tiledDepth, scores, 0, count, outputs, out + d * width, width);
                else Tile.narrowUpright(values, d, tiledDepth, scores, 0, count, outputs, out + d * width, width);
            }
        }

        /**
         * Turns the scores of LANES queries into exponentials over the largest so far, and rescales what was summed
         * up over a smaller one.
         *
         * @param state  index of the largest score so far in {@code running}; the sum stands {@code width} further
         * @param query  the first query, within the block
         * @param at     its column in {@code scores}
         * @param output its column in {@code outputs}
         */
        private void softmax(int state, int query, int j, int count, int at, int output) {
            // the number of these keys that each query sees; queries past the end of the line see what the last one does
            int least = Integer.MAX_VALUE;
            float[] visible = new float[LANES];
            for (int l = 0; l < LANES; l++) {
                int seen = sizes.past() + destination(Math.min(query + l, count() - 1)) + 1 - j;
                visible[l] = seen;
                least = Math.min(least, seen);
            }
            if (least < count) mask(visible, Math.max(0, least), count, at);
            FloatVector before = FloatVector.fromArray(F, running, state);
            FloatVector largest = before;
            for (int i = 0; i < count; i++) largest = largest.max(FloatVector.fromArray(F, scores, i * width + at));
            // a query that has seen nothing yet: any finite number keeps -∞ − largest from becoming NaN
            FloatVector base = largest.blend(0f, largest.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < count; i++) {
                FloatVector e = Exponential.exp(FloatVector.fromArray(F, scores, i * width + at).sub(base));
                e.intoArray(scores, i * width + at);
                sum = sum.add(e);
            }
            FloatVector correction = Exponential.exp(before.sub(base));
            largest.intoArray(running, state);
            FloatVector.fromArray(F, running, state + width).fma(correction, sum).intoArray(running, state + width);
            if (correction.compare(VectorOperators.NE, 1f).anyTrue()) rescale(correction, output);
        }

        private void mask(float[] visible, int from, int count, int at) {
            FloatVector limit = FloatVector.fromArray(F, visible, 0);
            for (int i = from; i < count; i++) {
                VectorMask<Float> hidden = limit.compare(VectorOperators.LE, (float) i);
                FloatVector.fromArray(F, scores, i * width + at).blend(Float.NEGATIVE_INFINITY, hidden).intoArray(scores, i * width + at);
            }
        }

        private void rescale(FloatVector correction, int output) {
            for (int d = 0; d < dHead; d++) {
                FloatVector.fromArray(F, outputs, output + d * width).mul(correction).intoArray(outputs, output + d * width);
            }
        }

        private void store(long z) {
            int count = count();
            float[] strip = values;   // no longer in use; [query, tiledDepth]
            for (int p = 0; p < panels; p++) {
                for (int l = 0; l < width; l += LANES) divide(2 * p * width + l, p * tiledDepth * width + l);
                int here = Math.min(width, count - p * width);
                Transpose.transpose(outputs, p * tiledDepth * width, width, dHead, here, strip, 0, tiledDepth);
                for (int l = 0; l < here; l++) {
                    int query = p * width + l;
                    Memory.store(strip, l * tiledDepth, dHead, z + 4 * sizes.queryOffset(row, destination(query), head(query)));
                }
            }
        }

        private void divide(int state, int output) {
            FloatVector sum = FloatVector.fromArray(F, running, state + width);
            FloatVector factor = FloatVector.broadcast(F, 1f).div(sum).blend(0f, sum.compare(VectorOperators.EQ, 0f));
            rescale(factor, output);
        }
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = 0; i < n; i++) x[at + i] *= factor;
    }
}
