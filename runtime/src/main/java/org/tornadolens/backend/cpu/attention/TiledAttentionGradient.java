package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.attention.FusedAttentionGradient.Operands;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.pointwise.Exponential;
import org.tornadolens.backend.cpu.product.Tile;

/**
 * The gradients of the heads that share one key/value head, in one batch row. For a block of destinations, with S the
 * pattern before softmax, P after it, and ∘ elementwise:
 * <pre>
 *   P  = softmax(q kᵀ / √dHead)            dP = dz vᵀ
 *   dS = P ∘ (dP - mean of each row of dP under P) / √dHead
 *   dq = dS k        dk += dSᵀ q        dv += Pᵀ dz
 * </pre>
 * {@link Tile} computes all five products, from panels [WIDTH columns each, row, WIDTH] and blocks
 * [DEPTH columns each, destination, STRIDE]. All panels lie in one region of scratch, all blocks in another.
 */
final class TiledAttentionGradient {

    private static final int BLOCK_DESTINATIONS = 12 * Tile.ROWS;
    private static final int W = Tile.WIDTH, DEPTH = Tile.DEPTH, STRIDE = Tile.STRIDE, ROWS = Tile.ROWS;
    private static final int BLOCK = BLOCK_DESTINATIONS * STRIDE;   // floats
    private static final long ROW = Tile.ROW;

    private final Operands in;
    private final AttentionSizes sizes;
    private final int row, kvHead, pos, dHead;
    private final int headPanels;   // number of panels for dHead columns
    private final int tiledKeys;    // keys and the undefined rows of the last tile
    private final long keysTransposed, valuesTransposed;        // panels of keys: [.., dHead, W]
    private final long keyRows;                           // panels of dHead: [.., pos, W]
    private final long keySums, valueSums;                // panels of dHead: [.., tiledKeys, W]
    private final long queryRows, gradientRows;           // panels of dHead: [.., BLOCK_DESTINATIONS, W]
    private final long results;                           // panels of dHead: [.., BLOCK_DESTINATIONS, W]
    private final long tile;
    private final float[] s;                              // all blocks, which begin at these offsets:
    private final int queries, gradients;                 // blocks of dHead columns
    private final int pattern, slopes;                    // blocks of keys

    TiledAttentionGradient(Operands in, int row, int kvHead, Layout scratch) {
        this.in = in;
        this.sizes = in.sizes();
        this.row = row;
        this.kvHead = kvHead;
        pos = sizes.pos();
        dHead = sizes.dHead();
        headPanels = Panels.count(dHead);
        tiledKeys = pos + ROWS;
        Regions regions = new Regions(pos, dHead);
        long panels = scratch.address(Region.GRADIENT_PANELS);
        keysTransposed = panels;
        valuesTransposed = panels += regions.keyPanels();
        keyRows = panels += regions.keyPanels();
        keySums = panels += regions.keyRows();
        valueSums = panels += regions.keySums();
        queryRows = panels += regions.keySums();
        gradientRows = panels += regions.destinationRows();
        results = panels += regions.destinationRows();
        tile = panels + regions.destinationRows();
        queries = 0;
        gradients = queries + regions.headBlocks();
        pattern = gradients + regions.headBlocks();
        slopes = pattern + regions.keyBlocks();
        s = scratch.array(Region.GRADIENT_BLOCKS);
    }

    /** Describes what a thread works in. */
    static Layout scratch(int pos, int dHead) {
        Regions regions = new Regions(pos, dHead);
        return Layout.of(Region.GRADIENT_PANELS, regions.panelBytes() / Float.BYTES)
                .and(Region.GRADIENT_BLOCKS, 2 * regions.headBlocks() + 2 * regions.keyBlocks());
    }

    /** The sizes of the pieces of both regions of scratch: panels in bytes, blocks in floats. */
    private record Regions(int pos, int dHead) {

        /** Keys or values, transposed: [panel of keys, dHead, W]. */
        long keyPanels() {
            return Panels.count(pos) * dHead * ROW;
        }

        /** Keys: [panel of dHead, pos, W]. */
        long keyRows() { return Panels.count(dHead) * pos * ROW; }

        /** Gradients of keys or values: [panel of dHead, tiled keys, W]. */
        long keySums() {
            return Panels.count(dHead) * (pos + ROWS) * ROW;
        }

        /** Queries, output gradients or results: [panel of dHead, destination, W]. */
        long destinationRows() {
            return Panels.count(dHead) * BLOCK_DESTINATIONS * ROW;
        }

        long panelBytes() { return 2 * keyPanels() + keyRows() + 2 * keySums() + 3 * destinationRows() + ROWS * ROW; }

        int headBlocks() { return (dHead + DEPTH - 1) / DEPTH * BLOCK; }

        int keyBlocks() { return (pos + DEPTH - 1) / DEPTH * BLOCK; }
    }

    void run() {
        begin();
        for (int head = kvHead * sizes.group(); head < (kvHead + 1) * sizes.group(); head++) {
            for (int first = 0; first < pos; first += BLOCK_DESTINATIONS)
                destinations(head, first, Math.min(BLOCK_DESTINATIONS, pos - first));
        }
        for (int p = 0; p < headPanels; p++) {
            int width = Math.min(W, dHead - p * W);
            for (int j = 0; j < pos; j++) {
                long at = (p * tiledKeys + j) * ROW;
                Memory.copy(keySums + at, width, in.keyGradient(row, kvHead) + j * in.outStride() + p * ROW);
                Memory.copy(valueSums + at, width, in.valueGradient(row, kvHead) + j * in.outStride() + p * ROW);
            }
        }
    }

    private void begin() {
        long key = in.k() + 4 * sizes.keyOffset(row, kvHead), value = in.v() + 4 * sizes.keyOffset(row, kvHead);
        Memory.clear(keySums, (queryRows - keySums) / Float.BYTES);
        for (int j = 0; j < pos; j += W) {
            int width = Math.min(W, pos - j);
            Panels.pack(key + j * in.keyStride(), in.keyStride(), width, dHead, keysTransposed + 4L * j * dHead);
            Panels.pack(value + j * in.keyStride(), in.keyStride(), width, dHead, valuesTransposed + 4L * j * dHead);
        }
        panels(key, in.keyStride(), pos, keyRows, pos);
    }

    /** Copies rows of dHead floats, {@code stride} bytes apart, to panels [panel of dHead, room, W]. */
    private void panels(long from, long stride, int rows, long to, int room) {
        for (int p = 0; p < headPanels; p++) {
            int width = Math.min(W, dHead - p * W);
            long at = to + p * room * ROW;
            if (width < W) Memory.clear(at, (long) rows * W);
            for (int i = 0; i < rows; i++) Memory.copy(from + i * stride + p * ROW, width, at + i * ROW);
        }
    }

    /** Copies rows of queries or output gradients to blocks of dHead columns. */
    private void blocks(long from, int rows, int to) {
        for (int d = 0; d < dHead; d += DEPTH) {
            for (int i = 0; i < rows; i++)
                Memory.load(from + i * in.queryStride() + 4L * d, Math.min(DEPTH, dHead - d), s,
                        to + d / DEPTH * BLOCK + i * STRIDE);
        }
    }

    private void destinations(int head, int first, int count) {
        long query = in.q() + 4 * sizes.queryOffset(row, first, head),
                dz = in.dz() + 4 * sizes.queryOffset(row, first, head);
        blocks(query, count, queries);
        blocks(dz, count, gradients);
        panels(query, in.queryStride(), count, queryRows, BLOCK_DESTINATIONS);
        panels(dz, in.queryStride(), count, gradientRows, BLOCK_DESTINATIONS);
        for (int j = begin(first); j < first + count; j += W) {
            // the tiles above hold only destinations before these sources, those below only destinations whose windows
            // begin after them
            int end = Math.min(count, sizes.destinationsSeeing(j + W - 1) - first);
            for (int i = Math.max(0, j - first) / ROWS * ROWS; i < end; i += ROWS) {
                pairs(queries, keysTransposed, i, j, pattern);
                pairs(gradients, valuesTransposed, i, j, slopes);
            }
        }
        for (int i = 0; i < count; i++) softmax(i, first + i, begin(first), first + count);
        queryGradients(first, count, in.queryGradient(row, head) + first * in.outStride());
        sums(pattern, gradientRows, first, count, valueSums);
        sums(slopes, queryRows, first, count, keySums);
    }

    /** Returns the first source of the panel with the first source that a destination, or any after it, sees. */
    private int begin(int destination) {
        return sizes.beforeWindow(destination) / W * W;
    }

    /** Computes a tile of products of the destinations from i on and W sources from j on. */
    private void pairs(int a, long transposed, int i, int j, int to) {
        for (int d = 0; d < dHead; d += DEPTH) {
            Tile.wide(s, a + d / DEPTH * BLOCK + i * STRIDE, transposed + 4L * j * dHead + d * ROW,
                    Math.min(DEPTH, dHead - d), d == 0 ? Tile.ZEROS : tile, tile);
        }
        int at = to + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
        for (int r = 0; r < ROWS; r++) Memory.load(tile + r * ROW, W, s, at + r * STRIDE);
    }

    /**
     * Turns the scores of one destination into its pattern and the pattern's gradient into the scores'. Both are zero
     * where the destination does not see sources {@code first … seen-1}, which others of its block see.
     */
    private void softmax(int i, int destination, int first, int seen) {
        int visible = destination + 1, hidden = Math.max(sizes.padding()[row], sizes.beforeWindow(destination));
        int begin = Math.min(visible, hidden);
        int start = first / DEPTH * DEPTH;
        float max = Float.NEGATIVE_INFINITY, sum = 0, mean = 0;
        for (int j = start; j < visible; j += DEPTH) {
            int at = j / DEPTH * BLOCK + i * STRIDE, from = Math.max(0, begin - j), to = Math.min(DEPTH, visible - j);
            if (from < to) max = Math.max(max, largest(s, pattern + at + from, to - from));
        }
        for (int j = start; j < visible; j += DEPTH) {
            int at = j / DEPTH * BLOCK + i * STRIDE, from = Math.max(0, begin - j), to = Math.min(DEPTH, visible - j);
            if (from >= to) continue;
            sum += exponentials(s, pattern + at + from, to - from, sizes.factor(), max);
            mean += dot(s, pattern + at + from, slopes + at + from, to - from);
        }
        for (int j = start; j < seen; j += DEPTH) {
            int at = j / DEPTH * BLOCK + i * STRIDE, end = (Math.min(DEPTH, seen - j) + ROWS - 1) / ROWS * ROWS;
            int from = Math.clamp(begin - j, 0, end), to = Math.clamp(visible - j, from, Math.min(end, DEPTH));
            if (from < to)
                slopes(s, pattern + at + from, slopes + at + from, to - from, 1 / sum, mean / sum, sizes.factor());
            for (int part : new int[]{pattern, slopes}) {
                Arrays.fill(s, part + at, part + at + from, 0);
                Arrays.fill(s, part + at + to, part + at + end, 0);
            }
        }
    }

    private void queryGradients(int first, int count, long out) {
        for (int p = 0; p < headPanels; p++) {
            for (int i = 0; i < count; i += ROWS) {
                long at = results + (p * BLOCK_DESTINATIONS + i) * ROW;
                int begin = begin(first + i), seen = Math.min(first + count, first + i + ROWS);
                for (int j = begin, n; j < seen; j += n) {
                    n = Math.min(DEPTH - j % DEPTH, seen - j);
                    int a = slopes + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
                    Tile.wide(s, a, keyRows + (p * pos + j) * ROW, n, j == begin ? Tile.ZEROS : at, at);
                }
            }
            for (int i = 0; i < count; i++)
                Memory.copy(results + (p * BLOCK_DESTINATIONS + i) * ROW, Math.min(W, dHead - p * W),
                        out + i * in.outStride() + p * ROW);
        }
    }

    /** Adds sums[j] += Σ_i weights[i, j] · rows[i], over the destinations that see source j. */
    private void sums(int weights, long rows, int first, int count, long sums) {
        for (int p = 0; p < headPanels; p++) {
            for (int j = begin(first); j < first + count; j += ROWS) {
                int i = Math.max(0, j - first), n = Math.min(count, sizes.destinationsSeeing(j + ROWS - 1) - first) - i;
                int a = weights + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
                long at = sums + (p * tiledKeys + j) * ROW;
                Tile.wideTransposed(s, a, STRIDE, rows + (p * BLOCK_DESTINATIONS + i) * ROW, n, at, at);
            }
        }
    }

    // ---- loops over n floats of an array

    private static float largest(float[] x, int at, int n) {
        FloatVector m = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            m = m.blend(v, v.compare(VectorOperators.GT, m));
        }
        float max = m.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) max = Math.max(max, x[at + i]);
        return max;
    }

    /** Replaces x by e^((x - base) · factor); returns the sum. */
    private static float exponentials(float[] x, int at, int n, float factor, float base) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = Exponential.exp(FloatVector.fromArray(F, x, at + i).sub(base).mul(factor));
            e.intoArray(x, at + i);
            sum = sum.add(e);
        }
        float total = Memory.sum(sum);
        for (; i < n; i++) total += x[at + i] = (float) Math.exp((x[at + i] - base) * factor);
        return total;
    }

    private static float dot(float[] x, int a, int b, int n) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            sum = FloatVector.fromArray(F, x, a + i).fma(FloatVector.fromArray(F, x, b + i), sum);
        float total = Memory.sum(sum);
        for (; i < n; i++) total = Math.fma(x[a + i], x[b + i], total);
        return total;
    }

    /** Computes p = p · scale, then d = p · (d - mean) · factor. */
    private static void slopes(float[] x, int p, int d, int n, float scale, float mean, float factor) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector weight = FloatVector.fromArray(F, x, p + i).mul(scale);
            weight.intoArray(x, p + i);
            FloatVector.fromArray(F, x, d + i).sub(mean).mul(weight).mul(factor).intoArray(x, d + i);
        }
        for (; i < n; i++) {
            x[p + i] *= scale;
            x[d + i] = x[p + i] * (x[d + i] - mean) * factor;
        }
    }
}
