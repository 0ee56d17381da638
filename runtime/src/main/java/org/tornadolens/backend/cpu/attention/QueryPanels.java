package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.memory.Transpose;
import org.tornadolens.backend.cpu.product.Tile;

/**
 * Fused attention of some neighbouring panels of queries of one key/value head. While blocks of keys go by, scores of
 * one block exist at a time, [KEYS, WIDTH], and outputs are corrected whenever a larger score appears.
 */
final class QueryPanels {

    /**
     * Keys that are scored at a time: a multiple of a tile's rows, small enough that two such blocks fit a tile's
     * stride.
     */
    private static final int KEYS = 12 * Tile.ROWS;

    private static final int WIDTH = Tile.WIDTH;

    private final FusedAttention.Operands operands;
    private final AttentionSizes sizes;
    private final int row, kvHead, first, panels, count;
    private final int dHead, tiledDepth;
    private final boolean windowed;  // some key lies before a query's window
    private final long queries;      // [panel, dHead, WIDTH], scaled
    private final long scores;       // [KEYS, WIDTH], then their exponentials
    private final long outputs;      // [panel, tiledDepth, WIDTH]
    private final float[] running;   // [panel, PanelSoftmax.STATE]
    // from rows: [depth block, KEYS, Tile.STRIDE]; from panels: [tiledDepth, Tile.STRIDE], values before keys
    private final float[] keys;
    private final float[] values;    // from rows: [KEYS, tiledDepth]

    QueryPanels(FusedAttention.Operands operands, int row, int kvHead, int first, int panels,
            Layout scratch) {
        this.operands = operands;
        this.sizes = operands.sizes();
        this.row = row;
        this.kvHead = kvHead;
        this.first = first;
        this.panels = panels;
        windowed = sizes.windowed();
        count = Math.min(panels * WIDTH, sizes.pos() * sizes.group() - first);
        dHead = sizes.dHead();
        tiledDepth = tiled(dHead);   // the last rows are undefined padding
        queries = scratch.address(Region.OPERANDS);
        scores = scratch.address(Region.SCORE_TILES);
        outputs = scratch.address(Region.OUTPUT_PANELS);
        running = scratch.array(Region.RUNNING);
        keys = scratch.array(Region.TILE_ROWS);
        values = scratch.array(Region.ROWS);
    }

    /**
     * Describes what each thread works in that takes this many panels at a time, keys and values in rows or in panels.
     */
    static Layout scratch(int dHead, int panels) {
        int tiledDepth = tiled(dHead), depths = (dHead + Tile.DEPTH - 1) / Tile.DEPTH;
        return Layout.of(Region.OPERANDS, (long) panels * dHead * WIDTH)
                .and(Region.SCORE_TILES, KEYS * WIDTH)
                .and(Region.OUTPUT_PANELS, (long) panels * tiledDepth * WIDTH)
                .and(Region.RUNNING, panels * PanelSoftmax.STATE)
                .and(Region.TILE_ROWS, (long) Math.max(depths * KEYS, tiledDepth) * Tile.STRIDE)
                .and(Region.ROWS, (long) KEYS * tiledDepth);
    }

    private static int tiled(int dHead) { return (dHead + Tile.ROWS - 1) / Tile.ROWS * Tile.ROWS; }

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
        if (operands.keysInPanels()) loadFromPanels(j, block);
        else loadFromRows(j, block);
    }

    private int destination(int query) { return (first + query) % sizes.pos(); }

    /**
     * Keys seen by the query of a panel that sees most; a panel that reaches into the next head holds the last
     * destination.
     */
    private int seenBy(int panel) {
        return sizes.past() + (isOfOneHead(panel) ? destination(last(panel)) + 1 : sizes.pos());
    }

    /**
     * Keys before the earliest window of a panel's queries; a panel that reaches into the next head holds the first
     * destination.
     */
    private int hiddenFrom(int panel) {
        return !windowed ? 0 : sizes.beforeWindow(isOfOneHead(panel) ? destination(panel * WIDTH) : 0);
    }

    private boolean isOfOneHead(int panel) {
        int from = panel * WIDTH, last = last(panel);
        return destination(from) <= destination(last) && last - from < sizes.pos();
    }

    private int last(int panel) { return Math.min(count, (panel + 1) * WIDTH) - 1; }

    /** Whether a panel's queries see any of n keys from key j on; queries of two heads may not. */
    private boolean meets(int panel, int j, int n) {
        return !windowed || PanelSoftmax.overlap(running, panel * PanelSoftmax.STATE, columns(panel), j, n);
    }

    /** Columns of a panel that are computed, in whole vectors. */
    private int columns(int panel) {
        return isWide(panel) ? WIDTH : LANES;
    }

    private boolean isWide(int panel) { return count - panel * WIDTH > LANES; }

    private interface Run { void of(int from, int queries, int destination, int head); }

    /** Visits the runs of neighbouring queries of one head in a panel, whose rows in q and z are equally far apart. */
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
            int state = p * PanelSoftmax.STATE;
            runs(p, (from, n, destination, head) -> loadQueries(n, destination, head, panel + 4L * from));
            for (int l = 0; l < WIDTH; l++) {
                running[state + PanelSoftmax.SEEN + l] =
                        sizes.past() + destination(Math.min(count - 1, p * WIDTH + l)) + 1;
            }
            for (int l = 0; l < (windowed ? WIDTH : 0); l++) {
                running[state + PanelSoftmax.HIDDEN + l] =
                        Math.max(0, running[state + PanelSoftmax.SEEN + l] - sizes.window());
            }
            Arrays.fill(running, state + PanelSoftmax.LARGEST, state + PanelSoftmax.LARGEST + WIDTH,
                    Float.NEGATIVE_INFINITY);
            Arrays.fill(running, state + PanelSoftmax.SUM, state + PanelSoftmax.SUM + WIDTH, 0);
        }
        PanelSoftmax.multiply(queries, 4L * LANES, panels * dHead * WIDTH / LANES,
                FloatVector.broadcast(F, sizes.factor()));
    }

    /** Loads queries of neighbouring destinations side by side. */
    private void loadQueries(int n, int destination, int head, long to) {
        if (!operands.qInPanels()) {
            Transpose.byRows(operands.q() + 4 * sizes.queryOffset(row, destination, head), queryStride(), n, dHead,
                    to, Tile.ROW);
            return;
        }
        Panels.visit(operands.q(), sizes.heads() * dHead, row * sizes.pos() + destination, n, (panel, i, count) -> {
            long from = panel + head * dHead * Tile.ROW;
            for (int d = 0; d < dHead; d++) Memory.copy(from + d * Tile.ROW, count, to + 4L * i + d * Tile.ROW);
        });
    }

    /** Loads keys and values from key j on: keys as rows of tiles, values transposed. */
    private void loadFromRows(int j, int block) {
        long step = 4L * sizes.kvHeads() * dHead;
        long at = 4 * (sizes.keyOffset(row, kvHead)) + j * step;
        for (int i = 0; i < block; i++, at += step) {
            for (int depth = 0; depth < dHead; depth += Tile.DEPTH) {
                Memory.load(operands.k() + at + 4L * depth, Math.min(Tile.DEPTH, dHead - depth), keys,
                        (depth / Tile.DEPTH * KEYS + i) * Tile.STRIDE);
            }
            Memory.load(operands.v() + at, dHead, values, i * tiledDepth);
        }
    }

    /** Loads keys and values from key j on, which lie side by side: keys transposed, values as rows of tiles. */
    private void loadFromPanels(int j, int block) {
        loadColumns(operands.v(), j, block, 0);
        loadColumns(operands.k(), j, block, KEYS);
    }

    private void loadColumns(long x, int j, int block, int at) {
        Panels.visit(x, sizes.kvHeads() * dHead, row * sizes.key() + j, block, (panel, i, count) -> {
            long from = panel + kvHead * dHead * Tile.ROW;
            for (int d = 0; d < dHead; d++) Memory.load(from + d * Tile.ROW, count, keys, d * Tile.STRIDE + at + i);
        });
    }

    /** Attends from one panel of queries to keys j + begin … j + seen-1 of the block loaded from key {@code j} on. */
    private void panel(int p, int j, int begin, int seen) {
        long out = outputs + p * tiledDepth * Tile.ROW;
        score(p, begin, seen);
        long from = scores + begin * Tile.ROW;
        for (int l = 0; l < columns(p); l += LANES) {
            softmax(p * PanelSoftmax.STATE + l, from + 4L * l, out + 4L * l, j + begin, seen - begin);
        }
        for (int d = 0; d < dHead; d += Tile.ROWS) mix(isWide(p), d, begin, seen, out + d * Tile.ROW);
    }

    private void score(int p, int begin, int seen) {
        for (int i = begin; i < seen; i += Tile.ROWS) {
            long tile = scores + i * Tile.ROW;
            if (operands.keysInPanels()) {
                long b = queries + p * dHead * Tile.ROW;
                if (isWide(p)) Tile.wideTransposed(keys, KEYS + i, Tile.STRIDE, b, dHead, Tile.ZEROS, tile);
                else Tile.narrowTransposed(keys, KEYS + i, Tile.STRIDE, b, dHead, Tile.ZEROS, tile);
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

    /** Adds the values' coordinates d … d+ROWS-1, weighted by the scores' exponentials. */
    private void mix(boolean wide, int d, int begin, int seen, long tile) {
        long from = scores + begin * Tile.ROW;
        int n = seen - begin;
        if (operands.keysInPanels()) {
            if (wide) Tile.wide(keys, d * Tile.STRIDE + begin, from, n, tile, tile);
            else Tile.narrow(keys, d * Tile.STRIDE + begin, from, n, tile, tile);
        } else if (wide) {
            Tile.wideTransposed(values, d + begin * tiledDepth, tiledDepth, from, n, tile, tile);
        } else {
            Tile.narrowTransposed(values, d + begin * tiledDepth, tiledDepth, from, n, tile, tile);
        }
    }

    /**
     * Turns the scores of LANES queries into exponentials relative to the largest so far, and rescales sums that were
     * taken relative to a smaller one.
     *
     * @param state  index of the queries' state in {@code running}
     * @param column address of their column of scores
     * @param output address of their column of outputs
     */
    private void softmax(int state, long column, long output, int j, int seen) {
        int largest = state + PanelSoftmax.LARGEST, sum = state + PanelSoftmax.SUM,
                correction = state + PanelSoftmax.CORRECTION;
        FloatVector visible = FloatVector.fromArray(F, running, state + PanelSoftmax.SEEN);
        if (visible.compare(VectorOperators.LT, (float) (j + seen)).anyTrue()) {
            PanelSoftmax.mask(column, seen, running, state + PanelSoftmax.SEEN, j);
        }
        if (windowed) PanelSoftmax.hide(column, seen, running, state + PanelSoftmax.HIDDEN, j);
        if (PanelSoftmax.updateLargest(column, seen, running, largest, correction)) {
            FloatVector factor = FloatVector.fromArray(F, running, correction);
            PanelSoftmax.multiply(output, Tile.ROW, dHead, factor);
            FloatVector.fromArray(F, running, sum).mul(factor).intoArray(running, sum);
        }
        PanelSoftmax.exponentials(column, seen, running, largest, sum);
    }

    private void store() {
        for (int p = 0; p < panels; p++) {
            long out = outputs + p * tiledDepth * Tile.ROW;
            for (int l = 0; l < columns(p); l += LANES) divide(p * PanelSoftmax.STATE + l, out + 4L * l);
            runs(p, (from, n, destination, head) -> {
                if (operands.zInPanels()) storeInPanels(out + 4L * from, n, destination, head);
                else
                    Transpose.byColumns(out + 4L * from, Tile.ROW, dHead, n,
                            operands.z() + 4 * sizes.queryOffset(row, destination, head), queryStride());
            });
        }
    }

    /** Stores the outputs of n queries of neighbouring destinations. */
    private void storeInPanels(long out, int n, int destination, int head) {
        Panels.visit(operands.z(), sizes.heads() * dHead, row * sizes.pos() + destination, n, (panel, i, count) -> {
            long to = panel + head * dHead * Tile.ROW;
            for (int d = 0; d < dHead; d++) Memory.copy(out + d * Tile.ROW + 4L * i, count, to + d * Tile.ROW);
        });
    }

    private void divide(int state, long output) {
        FloatVector total = FloatVector.fromArray(F, running, state + PanelSoftmax.SUM);
        PanelSoftmax.multiply(output, Tile.ROW, dHead,
                FloatVector.broadcast(F, 1f).div(total).blend(0f, total.compare(VectorOperators.EQ, 0f)));
    }
}
