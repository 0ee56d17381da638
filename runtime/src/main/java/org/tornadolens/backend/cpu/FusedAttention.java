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
 * then broadcast as they lie, and softmax needs no sums across lanes. The queries of all heads that share a key/value
 * head form one line, head after head, which is cut into panels of a tile's width.
 */
public final class FusedAttention {

    /** Keys that are scored at a time; a multiple of a tile's rows. */
    private static final int KEYS = 12 * Tile.ROWS;

    /** Panels of queries of one task: they share the copies of key and value blocks. */
    private static final int PANELS = 4;

    private FusedAttention() {}

    /** The memory that it works in at the most, all threads together. */
    static long scratchBytes(int dHead) {
        long tiledDepth = (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS, depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
        return Float.BYTES * Threads.count() * (PANELS * Tile.WIDTH * (dHead + tiledDepth + 4L) + KEYS * (Tile.WIDTH + depths * Tile.STRIDE + tiledDepth));
    }

    /** z[b, i, h] = Σ_j softmax_j(q·k / √dHead) · v[b, j] over the sources that destination i sees; zeros if there are none. */
    public static void attend(MemorySegment q, MemorySegment k, MemorySegment v, Sizes sizes, MemorySegment z) {
        long queries = Memory.address(q, sizes.queryElements(), "attention's queries");
        long keys = Memory.address(k, sizes.keyElements(), "attention's keys");
        long values = Memory.address(v, sizes.keyElements(), "attention's values");
        long out = Memory.address(z, sizes.queryElements(), "attention's output");
        if (sizes.pos() * sizes.group() <= FewQueries.MOST) FewQueries.attend(queries, keys, values, sizes, out);
        else inPanels(queries, keys, values, sizes, out);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    private static void inPanels(long q, long k, long v, Sizes sizes, long z) {
        int line = sizes.pos() * sizes.group();
        int width = line <= LANES ? LANES : Tile.WIDTH;
        int panels = (line + width - 1) / width;
        int perTask = Math.clamp((long) panels * sizes.batch() * sizes.kvHeads() / (4 * Threads.count()), 1, PANELS);
        int blocks = (panels + perTask - 1) / perTask;
        int tasks = Math.multiplyExact(sizes.batch() * sizes.kvHeads(), blocks);
        long work = 2L * perTask * width * sizes.key() * sizes.dHead();
        Threads.range(tasks, (int) Math.clamp(256 * 1024 / Math.max(1, work), 1, tasks), (from, to) -> {
            for (int t = from; t < to; t++) {
                int first = (blocks - 1 - t % blocks) * perTask;   // late queries, which see most, go first
                int row = t / blocks / sizes.kvHeads(), kvHead = t / blocks % sizes.kvHeads();
                new Block(sizes, row, kvHead, first * width, Math.min(perTask, panels - first), width).attend(q, k, v, z);
            }
        });
    }

    /** Some neighbouring panels of {@code width} queries of one key/value head's line. */
    private static final class Block {
        private final Sizes sizes;
        private final int row, kvHead, first, panels, width, count;
        private final int dHead, tiledDepth;
        private final float[] queries;   // [panel, dHead, width], scaled
        private final float[] scores;    // [KEYS, width], then their exponentials
        private final float[] outputs;   // [panel, tiledDepth, width]
        private final float[] running;   // [panel, (keys seen, largest score, sum of exponentials, factor), width]
        private final float[] keys;      // [depth block, KEYS, Tile.STRIDE]
        private final float[] values;    // [KEYS, tiledDepth]

        Block(Sizes sizes, int row, int kvHead, int first, int panels, int width) {
            this.sizes = sizes;
            this.row = row;
            this.kvHead = kvHead;
            this.first = first;
            this.panels = panels;
            this.width = width;
            count = Math.min(panels * width, sizes.pos() * sizes.group() - first);
            dHead = sizes.dHead();
            tiledDepth = (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;   // the last rows are of no meaning
            Scratch scratch = Scratch.mine();
            queries = scratch.get(Use.QUERIES, panels * dHead * width);
            scores = scratch.get(Use.SCORES, KEYS * width);
            outputs = scratch.get(Use.OUTPUTS, panels * tiledDepth * width);
            running = scratch.get(Use.RUNNING, panels * 4 * width);
            keys = scratch.get(Use.PANEL, (dHead + Tile.DEPTH - 1) / Tile.DEPTH * KEYS * Tile.STRIDE);
            values = scratch.get(Use.ROWS, KEYS * tiledDepth);
        }

        void attend(long q, long k, long v, long z) {
            begin(q);
            int end = seenBy(panels - 1);
            for (int p = 0; p < panels - 1; p++) end = Math.max(end, seenBy(p));
            for (int j = Math.min(sizes.padding()[row], end); j < end; j += KEYS) {
                int block = Math.min(KEYS, end - j);
                load(k, v, j, block);
                for (int p = 0; p < panels; p++) {
                    int seen = Math.min(block, seenBy(p) - j);
                    if (seen > 0) panel(p, j, seen);
                }
            }
            store(z);
        }

        private int destination(int query) { return (first + query) % sizes.pos(); }

        /** Keys that the query of a panel sees that sees most; a panel that reaches into the next head has its last destination. */
        private int seenBy(int panel) {
            int from = panel * width, last = Math.min(count, from + width) - 1;
            boolean oneHead = destination(from) <= destination(last) && last - from < sizes.pos();
            return sizes.past() + (oneHead ? destination(last) + 1 : sizes.pos());
        }

        private interface Run { void of(int from, int queries, long offset); }

        /** Runs of neighbouring queries of one head in a panel: their rows in q and z lie equally far apart. */
        private void runs(int panel, Run run) {
            int end = Math.min(count, (panel + 1) * width);
            for (int from = panel * width; from < end; ) {
                int to = Math.min(end, from + sizes.pos() - destination(from));
                int head = kvHead * sizes.group() + (first + from) / sizes.pos();
                run.of(from - panel * width, to - from, 4 * sizes.queryOffset(row, destination(from), head));
                from = to;
            }
        }

        private long queryStride() { return 4L * sizes.heads() * dHead; }

        private void begin(long q) {
            Arrays.fill(outputs, 0, panels * tiledDepth * width, 0);
            if (count < panels * width) Arrays.fill(queries, 0, panels * dHead * width, 0);
            for (int p = 0; p < panels; p++) {
                int at = p * dHead * width, state = 4 * p * width;
                runs(p, (from, n, offset) -> Transpose.load(q + offset, queryStride(), n, dHead, queries, at + from, width));
                for (int l = 0; l < width; l++) {
                    running[state + l] = sizes.past() + destination(Math.min(count - 1, p * width + l)) + 1;
                }
                Arrays.fill(running, state + width, state + 2 * width, Float.NEGATIVE_INFINITY);
                Arrays.fill(running, state + 2 * width, state + 3 * width, 0);
            }
            FloatVector factor = FloatVector.broadcast(F, sizes.factor());
            for (int i = 0; i < panels * dHead * width; i += LANES) FloatVector.fromArray(F, queries, i).mul(factor).intoArray(queries, i);
        }

        private void load(long k, long v, int j, int block) {
            long step = 4L * sizes.kvHeads() * dHead;
            long at = 4 * (sizes.keyOffset(row, kvHead)) + j * step;
            for (int i = 0; i < block; i++, at += step) {
                for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                    Memory.load(k + at + 4L * depth, Math.min(Tile.DEPTH, dHead - depth), keys, (depth / Tile.DEPTH * KEYS + i) * Tile.STRIDE);
                }
                Memory.load(v + at, dHead, values, i * tiledDepth);
            }
        }

        /** One panel of queries with {@code seen} keys from key {@code j} on. */
        private void panel(int p, int j, int seen) {
            boolean wide = width == Tile.WIDTH;
            for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                int n = Math.min(Tile.DEPTH, dHead - depth), b = (p * dHead + depth) * width;
                for (int i = 0; i < seen; i += Tile.ROWS) {
                    int a = (depth / Tile.DEPTH * KEYS + i) * Tile.STRIDE;
                    float[] from = depth == 0 ? Tile.ZEROS : scores;
                    int start = depth == 0 ? 0 : i * width;
                    if (wide) Tile.wide(keys, a, queries, b, n, from, start, scores, i * width);
                    else Tile.narrow(keys, a, queries, b, n, from, start, scores, i * width);
                }
            }
            int out = p * tiledDepth * width;
            for (int l = 0; l < width; l += LANES) softmax(4 * p * width + l, l, out + l, j, seen);
            for (int d = 0; d < dHead; d += Tile.ROWS) {
                int tile = out + d * width;
                if (wide) Tile.wideUpright(values, d, tiledDepth, scores, 0, seen, outputs, tile, outputs, tile);
                else Tile.narrowUpright(values, d, tiledDepth, scores, 0, seen, outputs, tile, outputs, tile);
            }
        }

        /**
         * Turns the scores of LANES queries into exponentials over the largest so far, and rescales what was summed
         * up over a smaller one.
         *
         * @param state  index in {@code running} of the keys these queries see; the others follow, {@code width} apart
         * @param at     their column in {@code scores}
         * @param output their column in {@code outputs}
         */
        private void softmax(int state, int at, int output, int j, int seen) {
            int largest = state + width, sum = largest + width, correction = sum + width;
            if (FloatVector.fromArray(F, running, state).compare(VectorOperators.LT, (float) (j + seen)).anyTrue()) {
                mask(scores, at, width, seen, running, state, j);
            }
            if (updateLargest(scores, at, width, seen, running, largest, correction)) {
                rescale(outputs, output, width, dHead, running, correction);
                rescale(running, sum, width, 1, running, correction);
            }
            exponentials(scores, at, width, seen, running, largest, sum);
        }

        private void store(long z) {
            for (int p = 0; p < panels; p++) {
                int out = p * tiledDepth * width;
                for (int l = 0; l < width; l += LANES) divide(4 * p * width + l, out + l);
                runs(p, (from, n, offset) -> Transpose.store(outputs, out + from, width, dHead, n, z + offset, queryStride()));
            }
        }

        private void divide(int state, int output) {
            int sum = state + 2 * width, factor = sum + width;
            FloatVector total = FloatVector.fromArray(F, running, sum);
            FloatVector.broadcast(F, 1f).div(total).blend(0f, total.compare(VectorOperators.EQ, 0f)).intoArray(running, factor);
            rescale(outputs, output, width, dHead, running, factor);
        }
    }

    // Columns of LANES queries, n rows, stride apart. Each loop is a method of its own: one method with all of them
    // exceeds what the compiler is willing to inline, and vectors that cross a call become objects.

    /** Queries that see no more than {@code seen[at …]} keys do not see those of the rows j, j+1, …. */
    private static void mask(float[] scores, int at, int stride, int n, float[] seen, int seenAt, int j) {
        FloatVector limit = FloatVector.fromArray(F, seen, seenAt).sub(j);
        for (int i = 0; i < n; i++) {
            VectorMask<Float> hidden = limit.compare(VectorOperators.LE, (float) i);
            FloatVector.fromArray(F, scores, at + i * stride).blend(Float.NEGATIVE_INFINITY, hidden).intoArray(scores, at + i * stride);
        }
    }

    /** Brings the largest score so far up to date; true if it grew, and what was summed up is to be multiplied by {@code correction}. */
    private static boolean updateLargest(float[] scores, int at, int stride, int n, float[] running, int largest, int correction) {
        FloatVector before = FloatVector.fromArray(F, running, largest);
        FloatVector now = before;
        for (int i = 0; i < n; i++) {
            FloatVector score = FloatVector.fromArray(F, scores, at + i * stride);
            now = now.blend(score, score.compare(VectorOperators.GT, now));
        }
        if (!now.compare(VectorOperators.NE, before).anyTrue()) return false;
        now.intoArray(running, largest);
        // a query that has seen nothing yet has nothing to correct, and -∞ - -∞ would be NaN
        FloatVector difference = before.sub(now).blend(0f, before.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
        Exponential.exp(difference).intoArray(running, correction);
        return true;
    }

    /** Replaces scores by e^(score - largest) and adds them to the sums. */
    private static void exponentials(float[] scores, int at, int stride, int n, float[] running, int largest, int sum) {
        FloatVector base = FloatVector.fromArray(F, running, largest);
        base = base.blend(0f, base.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));   // all masked: e^(-∞ - 0) is 0
        FloatVector total = FloatVector.fromArray(F, running, sum);
        for (int i = 0; i < n; i++) {
            FloatVector e = Exponential.exp(FloatVector.fromArray(F, scores, at + i * stride).sub(base));
            e.intoArray(scores, at + i * stride);
            total = total.add(e);
        }
        total.intoArray(running, sum);
    }

    private static void rescale(float[] x, int at, int stride, int n, float[] factors, int factorsAt) {
        FloatVector factor = FloatVector.fromArray(F, factors, factorsAt);
        for (int i = 0; i < n; i++) FloatVector.fromArray(F, x, at + i * stride).mul(factor).intoArray(x, at + i * stride);
    }
}
