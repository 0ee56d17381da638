package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

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
    private static final int KEYS = 12 * Tile.ROWS;   // twice as many fit a tile's stride

    /** Panels of queries of one task: they share the copies of key and value blocks. */
    private static final int PANELS = 4;

    private static final int WIDTH = Tile.WIDTH;

    /**
     * What is known of a panel's queries while blocks of keys go by: keys up to their own, how many of these come
     * before their windows, the largest score, the sum of exponentials, and what corrects sums over a smaller score.
     */
    private static final int SEEN = 0, HIDDEN = WIDTH, LARGEST = 2 * WIDTH, SUM = 3 * WIDTH, CORRECTION = 4 * WIDTH;
    private static final int STATE = 5 * WIDTH;

    private FusedAttention() {}

    /** Whether so many queries, of so many heads each, are taken in panels rather than one by one. */
    static boolean takesPanels(int pos, int group) {
        return pos * group > FewQueries.MOST;
    }

    /** The memory that it works in at the most, all threads together. */
    static long scratchBytes(int dHead) {
        long tiledDepth = (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS,
                depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
        long panels = PANELS * (WIDTH * (dHead + tiledDepth) + STATE);
        long keys = Math.max(depths * KEYS, tiledDepth) * Tile.STRIDE;
        return Float.BYTES * Threads.count() * (panels + KEYS * (WIDTH + tiledDepth) + keys);
    }

    /** z[b, i, h] = Σ_j softmax_j(q·k / √dHead) · v[b, j] over the sources that destination i sees; zeros if there are none. */
    public static void attend(MemorySegment q, MemorySegment k, MemorySegment v, Sizes sizes, MemorySegment z) {
        attend(Activations.rows(q), Activations.rows(k), Activations.rows(v), sizes, Activations.rows(z));
    }

    /**
     * The same, each in rows or, where {@link #takesPanels} says so, in {@link Panels}: queries and z [batch · pos, heads · dHead],
     * keys and values, which lie alike, [batch · key, kvHeads · dHead].
     */
    static void attend(Activations q, Activations k, Activations v, Sizes sizes, Activations z) {
        int queries = sizes.batch() * sizes.pos(), width = sizes.heads() * sizes.dHead();
        if (k.inPanels() != v.inPanels()) throw new IllegalArgumentException("keys and values do not lie alike");
        Operands operands = new Operands(sizes, q.inPanels(), q.address(queries, width, "attention's queries"),
                k.inPanels(), keys(k, sizes, "attention's keys"),
                keys(v, sizes, "attention's values"), z.inPanels(), z.address(queries, width, "attention's output"));
        if (takesPanels(sizes.pos(), sizes.group())) inPanels(operands);
        else
            if (q.inPanels() || k.inPanels() || z.inPanels())
                throw new IllegalArgumentException("few queries are taken from rows");
            else
                FewQueries.attend(operands.q, operands.k, operands.v, sizes, operands.z);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    /** Where everything lies. */
    private record Operands(Sizes sizes, boolean qInPanels, long q, boolean keysInPanels, long k, long v,
            boolean zInPanels, long z) {}

    /** The address of keys or values: panels have no room between batch rows. */
    private static long keys(Activations x, Sizes sizes, String what) {
        if (x.inPanels()) return x.address(sizes.batch() * sizes.key(), (long) sizes.kvHeads() * sizes.dHead(), what);
        return Memory.address(x.data(), sizes.keyElements(), what);
    }

    private static void inPanels(Operands operands) {
        Sizes sizes = operands.sizes;
        int panels = Panels.count(sizes.pos() * sizes.group());
        int perTask = Math.clamp((long) panels * sizes.batch() * sizes.kvHeads() / (4 * Threads.count()), 1, PANELS);
        int blocks = (panels + perTask - 1) / perTask;
        int tasks = Math.multiplyExact(sizes.batch() * sizes.kvHeads(), blocks);
        long keys = Math.min(sizes.key(), (long) sizes.window() + perTask * Tile.WIDTH);
        long work = 2L * perTask * Tile.WIDTH * keys * sizes.dHead();
        Threads.range(tasks, (int) Math.clamp(256 * 1024 / Math.max(1, work), 1, tasks), (from, to) -> {
            for (int t = from; t < to; t++) {
                int first = (blocks - 1 - t % blocks) * perTask;   // late queries, which see most, go first
                int row = t / blocks / sizes.kvHeads(), kvHead = t / blocks % sizes.kvHeads();
                new Block(operands, row, kvHead, first * Tile.WIDTH, Math.min(perTask, panels - first)).attend();
            }
        });
    }

    /** Some neighbouring panels of queries of one key/value head's line. */
    private static final class Block {
        private final Operands operands;
        private final Sizes sizes;
        private final int row, kvHead, first, panels, count;
        private final int dHead, tiledDepth;
        private final boolean windowed;  // some key is before a query's window
        private final long queries;      // [panel, dHead, WIDTH], scaled
        private final long scores;       // [KEYS, WIDTH], then their exponentials
        private final long outputs;      // [panel, tiledDepth, WIDTH]
        private final float[] running;   // [panel, STATE]
        private final float[] keys;      // of rows: [depth block, KEYS, Tile.STRIDE]; of panels: [tiledDepth, Tile.STRIDE], those of values first
        private final float[] values;    // of rows: [KEYS, tiledDepth]

        Block(Operands operands, int row, int kvHead, int first, int panels) {
            this.operands = operands;
            this.sizes = operands.sizes;
            this.row = row;
            this.kvHead = kvHead;
            this.first = first;
            this.panels = panels;
            windowed = sizes.windowed();
            count = Math.min(panels * WIDTH, sizes.pos() * sizes.group() - first);
            dHead = sizes.dHead();
            tiledDepth = (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS;   // the last rows are of no meaning
            Scratch scratch = Scratch.mine();
            queries = scratch.memory(Use.QUERIES, (long) panels * dHead * WIDTH);
            scores = scratch.memory(Use.SCORES, KEYS * WIDTH);
            outputs = scratch.memory(Use.OUTPUTS, (long) panels * tiledDepth * WIDTH);
            running = scratch.get(Use.RUNNING, panels * STATE);
            keys = scratch.get(Use.PANEL,
                    Math.max((dHead + Tile.DEPTH - 1) / Tile.DEPTH * KEYS, tiledDepth) * Tile.STRIDE);
            values = scratch.get(Use.ROWS, KEYS * tiledDepth);
        }

        void attend() {
            begin();
            int start = hiddenFrom(0), end = seenBy(0);
            for (int p = 1; p < panels; p++) {
                start = Math.min(start, hiddenFrom(p));
                end = Math.max(end, seenBy(p));
            }
            for (int j = Math.clamp(start, Math.min(sizes.padding()[row], end), end); j < end; j += KEYS) {
                int block = Math.min(KEYS, end - j);
                boolean loaded = false;
                for (int p = 0; p < panels; p++) {
                    int seen = Math.min(block, seenBy(p) - j);
                    if (seen <= 0 || !meets(p, j, seen)) continue;
                    if (!loaded) load(j, block);
                    loaded = true;
                    panel(p, j, Math.max(0, hiddenFrom(p) - j) / Tile.ROWS * Tile.ROWS, seen);
                }
            }
            store();
        }

        private void load(int j, int block) {
            if (operands.keysInPanels) loadFromPanels(j, block);
            else loadFromRows(j, block);
        }

        private int destination(int query) { return (first + query) % sizes.pos(); }

        /** Keys that the query of a panel sees that sees most; a panel that reaches into the next head has its last destination. */
        private int seenBy(int panel) {
            return sizes.past() + (isOfOneHead(panel) ? destination(last(panel)) + 1 : sizes.pos());
        }

        /** Keys before the earliest window of a panel's queries: the next head's where a panel reaches into it. */
        private int hiddenFrom(int panel) {
            return !windowed ? 0 : sizes.beforeWindow(isOfOneHead(panel) ? destination(panel * WIDTH) : 0);
        }

        private boolean isOfOneHead(int panel) {
            int from = panel * WIDTH, last = last(panel);
            return destination(from) <= destination(last) && last - from < sizes.pos();
        }

        private int last(int panel) { return Math.min(count, (panel + 1) * WIDTH) - 1; }

        /** Whether a panel's queries see one of n keys from key j on: those of two heads may not. */
        private boolean meets(int panel, int j, int n) {
            return !windowed || overlap(running, panel * STATE, columns(panel), j, n);
        }

        /** Columns of a panel that are computed: whole vectors. */
        private int columns(int panel) {
            return isWide(panel) ? WIDTH : LANES;
        }

        private boolean isWide(int panel) { return count - panel * WIDTH > LANES; }

        private interface Run { void of(int from, int queries, int destination, int head); }

        /** Runs of neighbouring queries of one head in a panel: their rows in q and z lie equally far apart. */
        private void runs(int panel, Run run) {
            int end = Math.min(count, (panel + 1) * WIDTH);
            for (int from = panel * WIDTH; from < end;) {
                int to = Math.min(end, from + sizes.pos() - destination(from));
                run.of(from - panel * WIDTH, to - from, destination(from),
                        kvHead * sizes.group() + (first + from) / sizes.pos());
                from = to;
            }
        }

        private long queryStride() { return 4L * sizes.heads() * dHead; }

        private void begin() {
            Memory.clear(outputs, (long) panels * tiledDepth * WIDTH);
            if (count < panels * WIDTH) Memory.clear(queries, (long) panels * dHead * WIDTH);
            for (int p = 0; p < panels; p++) {
                long panel = queries + p * dHead * Tile.ROW;
                int state = p * STATE;
                runs(p, (from, n, destination, head) -> loadQueries(n, destination, head, panel + 4L * from));
                for (int l = 0; l < WIDTH; l++) {
                    running[state + SEEN + l] = sizes.past() + destination(Math.min(count - 1, p * WIDTH + l)) + 1;
                }
                for (int l = 0; l < (windowed ? WIDTH : 0); l++) {
                    running[state + HIDDEN + l] = Math.max(0, running[state + SEEN + l] - sizes.window());
                }
                Arrays.fill(running, state + LARGEST, state + LARGEST + WIDTH, Float.NEGATIVE_INFINITY);
                Arrays.fill(running, state + SUM, state + SUM + WIDTH, 0);
            }
            multiply(queries, 4L * LANES, panels * dHead * WIDTH / LANES, FloatVector.broadcast(F, sizes.factor()));
        }

        /** Queries of neighbouring destinations side by side. */
        private void loadQueries(int n, int destination, int head, long to) {
            if (!operands.qInPanels) {
                Transpose.byRows(operands.q + 4 * sizes.queryOffset(row, destination, head), queryStride(), n, dHead,
                        to, Tile.ROW);
                return;
            }
            Panels.visit(operands.q, sizes.heads() * dHead, row * sizes.pos() + destination, n, (panel, i, count) -> {
                long from = panel + head * dHead * Tile.ROW;
                for (int d = 0; d < dHead; d++) Memory.copy(from + d * Tile.ROW, count, to + 4L * i + d * Tile.ROW);
            });
        }

        /** Keys and values from key j on: keys lie, a tile's rows, and values stand upright. */
        private void loadFromRows(int j, int block) {
            long step = 4L * sizes.kvHeads() * dHead;
            long at = 4 * (sizes.keyOffset(row, kvHead)) + j * step;
            for (int i = 0; i < block; i++, at += step) {
                for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                    Memory.load(operands.k + at + 4L * depth, Math.min(Tile.DEPTH, dHead - depth), keys,
                            (depth / Tile.DEPTH * KEYS + i) * Tile.STRIDE);
                }
                Memory.load(operands.v + at, dHead, values, i * tiledDepth);
            }
        }

        /** Keys and values from key j on, side by side as they are: keys stand upright, and values lie. */
        private void loadFromPanels(int j, int block) {
            loadColumns(operands.v, j, block, 0);
            loadColumns(operands.k, j, block, KEYS);
        }

        private void loadColumns(long x, int j, int block, int at) {
            Panels.visit(x, sizes.kvHeads() * dHead, row * sizes.key() + j, block, (panel, i, count) -> {
                long from = panel + kvHead * dHead * Tile.ROW;
                for (int d = 0; d < dHead; d++) Memory.load(from + d * Tile.ROW, count, keys, d * Tile.STRIDE + at + i);
            });
        }

        /** One panel of queries with the keys from j + begin … j + seen-1, of those loaded from key {@code j} on. */
        private void panel(int p, int j, int begin, int seen) {
            long out = outputs + p * tiledDepth * Tile.ROW;
            score(p, begin, seen);
            long from = scores + begin * Tile.ROW;
            for (int l = 0; l < columns(p); l += LANES) {
                softmax(p * STATE + l, from + 4L * l, out + 4L * l, j + begin, seen - begin);
            }
            for (int d = 0; d < dHead; d += Tile.ROWS) mix(isWide(p), d, begin, seen, out + d * Tile.ROW);
        }

        private void score(int p, int begin, int seen) {
            for (int i = begin; i < seen; i += Tile.ROWS) {
                long tile = scores + i * Tile.ROW;
                if (operands.keysInPanels) {
                    long b = queries + p * dHead * Tile.ROW;
                    if (isWide(p)) Tile.wideUpright(keys, KEYS + i, Tile.STRIDE, b, dHead, Tile.ZEROS, tile);
                    else Tile.narrowUpright(keys, KEYS + i, Tile.STRIDE, b, dHead, Tile.ZEROS, tile);
                } else {
                    for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                        int n = Math.min(Tile.DEPTH, dHead - depth), a = (depth / Tile.DEPTH * KEYS + i) * Tile.STRIDE;
                        long b = queries + (p * dHead + depth) * Tile.ROW, from = depth == 0 ? Tile.ZEROS : tile;
                        if (isWide(p)) Tile.wide(keys, a, b, n, from, tile);
                        else Tile.narrow(keys, a, b, n, from, tile);
                    }
                }
            }
        }

        /** Adds the values' coordinates d … d+ROWS-1 by the scores' exponentials. */
        private void mix(boolean wide, int d, int begin, int seen, long tile) {
            long from = scores + begin * Tile.ROW;
            int n = seen - begin;
            if (operands.keysInPanels) {
                if (wide) Tile.wide(keys, d * Tile.STRIDE + begin, from, n, tile, tile);
                else Tile.narrow(keys, d * Tile.STRIDE + begin, from, n, tile, tile);
            } else if (wide) {
                Tile.wideUpright(values, d + begin * tiledDepth, tiledDepth, from, n, tile, tile);
            } else {
                Tile.narrowUpright(values, d + begin * tiledDepth, tiledDepth, from, n, tile, tile);
            }
        }

        /**
         * Turns the scores of LANES queries into exponentials over the largest so far, and rescales what was summed
         * up over a smaller one.
         *
         * @param state  index in {@code running} of what is known of these queries
         * @param column address of their column of scores
         * @param output address of their column of outputs
         */
        private void softmax(int state, long column, long output, int j, int seen) {
            int largest = state + LARGEST, sum = state + SUM, correction = state + CORRECTION;
            FloatVector visible = FloatVector.fromArray(F, running, state + SEEN);
            if (visible.compare(VectorOperators.LT, (float) (j + seen)).anyTrue()) {
                mask(column, seen, running, state + SEEN, j);
            }
            if (windowed) hide(column, seen, running, state + HIDDEN, j);
            if (updateLargest(column, seen, running, largest, correction)) {
                FloatVector factor = FloatVector.fromArray(F, running, correction);
                multiply(output, Tile.ROW, dHead, factor);
                FloatVector.fromArray(F, running, sum).mul(factor).intoArray(running, sum);
            }
            exponentials(column, seen, running, largest, sum);
        }

        private void store() {
            for (int p = 0; p < panels; p++) {
                long out = outputs + p * tiledDepth * Tile.ROW;
                for (int l = 0; l < columns(p); l += LANES) divide(p * STATE + l, out + 4L * l);
                runs(p, (from, n, destination, head) -> {
                    if (operands.zInPanels) storeInPanels(out + 4L * from, n, destination, head);
                    else
                        Transpose.byColumns(out + 4L * from, Tile.ROW, dHead, n,
                                operands.z + 4 * sizes.queryOffset(row, destination, head), queryStride());
                });
            }
        }

        /** Outputs of n queries of neighbouring destinations. */
        private void storeInPanels(long out, int n, int destination, int head) {
            Panels.visit(operands.z, sizes.heads() * dHead, row * sizes.pos() + destination, n, (panel, i, count) -> {
                long to = panel + head * dHead * Tile.ROW;
                for (int d = 0; d < dHead; d++) Memory.copy(out + d * Tile.ROW + 4L * i, count, to + d * Tile.ROW);
            });
        }

        private void divide(int state, long output) {
            FloatVector total = FloatVector.fromArray(F, running, state + SUM);
            multiply(output, Tile.ROW, dHead,
                    FloatVector.broadcast(F, 1f).div(total).blend(0f, total.compare(VectorOperators.EQ, 0f)));
        }
    }

    // Columns of LANES queries, n rows of a tile's width. Each loop is a method of its own: one method with all of them
    // exceeds what the compiler is willing to inline, and vectors that cross a call become objects.

    /** Queries that see no more than {@code seen[at …]} keys do not see those of the rows j, j+1, …. */
    private static void mask(long scores, int n, float[] seen, int seenAt, int j) {
        FloatVector limit = FloatVector.fromArray(F, seen, seenAt).sub(j);
        for (int i = 0; i < n; i++) {
            VectorMask<Float> hidden = limit.compare(VectorOperators.LE, (float) i);
            FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).blend(Float.NEGATIVE_INFINITY, hidden)
                    .intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
        }
    }

    /** Queries whose windows begin after {@code hidden[at …]} keys do not see the rows j, j+1, … before that. */
    private static void hide(long scores, int n, float[] hidden, int hiddenAt, int j) {
        FloatVector limit = FloatVector.fromArray(F, hidden, hiddenAt).sub(j);
        int rows = (int) Math.min(n, limit.reduceLanes(VectorOperators.MAX));
        for (int i = 0; i < rows; i++) {
            VectorMask<Float> before = limit.compare(VectorOperators.GT, (float) i);
            FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).blend(Float.NEGATIVE_INFINITY, before)
                    .intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
        }
    }

    /** Whether one of a panel's queries sees one of n keys from key j on. */
    private static boolean overlap(float[] running, int state, int columns, int j, int n) {
        boolean some = false;
        for (int l = 0; l < columns; l += LANES) {
            FloatVector seen = FloatVector.fromArray(F, running, state + SEEN + l);
            FloatVector hidden = FloatVector.fromArray(F, running, state + HIDDEN + l);
            VectorMask<Float> reached = seen.compare(VectorOperators.GT, (float) j);
            some |= reached.and(hidden.compare(VectorOperators.LT, (float) (j + n))).anyTrue();
        }
        return some;
    }

    /** Brings the largest score so far up to date; true if it grew, and what was summed up is to be multiplied by {@code correction}. */
    private static boolean updateLargest(long scores, int n, float[] running, int largest, int correction) {
        FloatVector before = FloatVector.fromArray(F, running, largest);
        FloatVector now = before;
        for (int i = 0; i < n; i++) {
            FloatVector score = FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER);
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
    private static void exponentials(long scores, int n, float[] running, int largest, int sum) {
        FloatVector base = FloatVector.fromArray(F, running, largest);
        base = base.blend(0f, base.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));   // all masked: e^(-∞ - 0) is 0
        FloatVector total = FloatVector.fromArray(F, running, sum);
        for (int i = 0; i < n; i++) {
            FloatVector e =
                    Exponential.exp(FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).sub(base));
            e.intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
            total = total.add(e);
        }
        total.intoArray(running, sum);
    }

    /** n vectors, {@code stride} bytes apart, times one. */
    private static void multiply(long x, long stride, int n, FloatVector factor) {
        for (int i = 0; i < n; i++)
            FloatVector.fromMemorySegment(F, ALL, x + i * stride, ORDER).mul(factor).intoMemorySegment(ALL,
                    x + i * stride, ORDER);
    }
}
