package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.Attention.Sizes;
import org.tornadolens.backend.cpu.FusedAttentionGradient.Operands;

/**
 * The gradients of the heads that share one key/value head, in one batch row. For a block of destinations, with S the
 * pattern before softmax, P after it, and ∘ elementwise:
 * <pre>
 *   P  = softmax(q kᵀ / √dHead)            dP = dz vᵀ
 *   dS = P ∘ (dP - rows' mean of dP under P) / √dHead
 *   dq = dS k        dk += dSᵀ q        dv += Pᵀ dz
 * </pre>
 * All five products go through {@link Tile}, which takes panels [part of a tile's width, row, WIDTH] and blocks
 * [part of a tile's depth, destination, STRIDE]. All panels lie in one piece of scratch, all blocks in another.
 */
final class TiledAttentionGradient {

    private static final int DESTINATIONS = 12 * Tile.ROWS;
    private static final int W = Tile.WIDTH, DEPTH = Tile.DEPTH, STRIDE = Tile.STRIDE, ROWS = Tile.ROWS;
    private static final int BLOCK = DESTINATIONS * STRIDE;
    private static final long ROW = Tile.ROW;

    private final Operands in;
    private final Sizes sizes;
    private final int row, kvHead, pos, dHead;
    private final int headPanels;   // of a tile's width that dHead takes
    private final int tiledKeys;    // keys, and room for the last tile's rows of no meaning
    private final long keysUpright, valuesUpright;        // panels of keys: [.., dHead, W]
    private final long keyRows;                           // panels of dHead: [.., pos, W]
    private final long keySums, valueSums;                // panels of dHead: [.., tiledKeys, W]
    private final long queryRows, gradientRows;           // panels of dHead: [.., DESTINATIONS, W]
    private final long results;                           // panels of dHead: [.., DESTINATIONS, W]
    private final long tile;
    private final float[] s;                              // blocks, which begin at
    private final int queries, gradients;                 // … of dHead
    private final int pattern, slopes;                    // … of keys

    TiledAttentionGradient(Operands in, int row, int kvHead) {
        this.in = in;
        this.sizes = in.sizes();
        this.row = row;
        this.kvHead = kvHead;
        pos = sizes.pos();
        dHead = sizes.dHead();
        headPanels = Panels.count(dHead);
        tiledKeys = pos + ROWS;
        int keyPanels = Panels.count(pos), keyBlocks = (pos + DEPTH - 1) / DEPTH,
                headBlocks = (dHead + DEPTH - 1) / DEPTH;
        long keyPanel = keyPanels * dHead * ROW, sums = headPanels * tiledKeys * ROW,
                rows = headPanels * DESTINATIONS * ROW;
        long panels = Scratch.mine().memory(Scratch.Use.ATTENTION_GRADIENT,
                (2 * keyPanel + headPanels * pos * ROW + 2 * sums + 3 * rows + ROWS * ROW) / Float.BYTES);
        keysUpright = panels;
        valuesUpright = panels += keyPanel;
        keyRows = panels += keyPanel;
        keySums = panels += headPanels * pos * ROW;
        valueSums = panels += sums;
        queryRows = panels += sums;
        gradientRows = panels += rows;
        results = panels += rows;
        tile = panels + rows;
        queries = 0;
        gradients = queries + headBlocks * BLOCK;
        pattern = gradients + headBlocks * BLOCK;
        slopes = pattern + keyBlocks * BLOCK;
        s = Scratch.mine().get(Scratch.Use.ATTENTION_GRADIENT, slopes + keyBlocks * BLOCK);
    }

    void run() {
        begin();
        for (int head = kvHead * sizes.group(); head < (kvHead + 1) * sizes.group(); head++) {
            for (int first = 0; first < pos; first += DESTINATIONS)
                destinations(head, first, Math.min(DESTINATIONS, pos - first));
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
            Panels.pack(key + j * in.keyStride(), in.keyStride(), width, dHead, keysUpright + 4L * j * dHead);
            Panels.pack(value + j * in.keyStride(), in.keyStride(), width, dHead, valuesUpright + 4L * j * dHead);
        }
        panels(key, in.keyStride(), pos, keyRows, pos);
    }

    /** Rows of dHead floats, {@code stride} bytes apart, as panels [.., room, W]. */
    private void panels(long from, long stride, int rows, long to, int room) {
        for (int p = 0; p < headPanels; p++) {
            int width = Math.min(W, dHead - p * W);
            long at = to + p * room * ROW;
            if (width < W) Memory.clear(at, (long) rows * W);
            for (int i = 0; i < rows; i++) Memory.copy(from + i * stride + p * ROW, width, at + i * ROW);
        }
    }

    /** The same as blocks. */
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
        panels(query, in.queryStride(), count, queryRows, DESTINATIONS);
        panels(dz, in.queryStride(), count, gradientRows, DESTINATIONS);
        for (int j = begin(first); j < first + count; j += W) {
            // tiles above begin with destinations, and end with one, that see none of these sources; the windows of
            // those below have left them behind
            int end = Math.min(count, sizes.destinationsSeeing(j + W - 1) - first);
            for (int i = Math.max(0, j - first) / ROWS * ROWS; i < end; i += ROWS) {
                pairs(queries, keysUpright, i, j, pattern);
                pairs(gradients, valuesUpright, i, j, slopes);
            }
        }
        for (int i = 0; i < count; i++) softmax(i, first + i, begin(first), first + count);
        queryGradients(first, count, in.queryGradient(row, head) + first * in.outStride());
        sums(pattern, gradientRows, first, count, valueSums);
        sums(slopes, queryRows, first, count, keySums);
    }

    /** The source, of those that panels begin with, from which on a destination and all after it see. */
    private int begin(int destination) {
        return sizes.beforeWindow(destination) / W * W;
    }

    /** A tile of products of destinations from i on with W sources from j on. */
    private void pairs(int a, long upright, int i, int j, int to) {
        for (int d = 0; d < dHead; d += DEPTH) {
            Tile.wide(s, a + d / DEPTH * BLOCK + i * STRIDE, upright + 4L * j * dHead + d * ROW,
                    Math.min(DEPTH, dHead - d), d == 0 ? Tile.ZEROS : tile, tile);
        }
        int at = to + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
        for (int r = 0; r < ROWS; r++) Memory.load(tile + r * ROW, W, s, at + r * STRIDE);
    }

    /**
     * Turns the scores and the pattern's gradients of one destination into pattern and scores' gradients, zero where it
     * does not see what others of its block do: the sources {@code first … seen-1}.
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
                long at = results + (p * DESTINATIONS + i) * ROW;
                int begin = begin(first + i), seen = Math.min(first + count, first + i + ROWS);
                for (int j = begin, n; j < seen; j += n) {
                    n = Math.min(DEPTH - j % DEPTH, seen - j);
                    int a = slopes + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
                    Tile.wide(s, a, keyRows + (p * pos + j) * ROW, n, j == begin ? Tile.ZEROS : at, at);
                }
            }
            for (int i = 0; i < count; i++)
                Memory.copy(results + (p * DESTINATIONS + i) * ROW, Math.min(W, dHead - p * W),
                        out + i * in.outStride() + p * ROW);
        }
    }

    /** sums[j] += Σ_i weights[i, j] · rows[i], over the destinations that see source j. */
    private void sums(int weights, long rows, int first, int count, long sums) {
        for (int p = 0; p < headPanels; p++) {
            for (int j = begin(first); j < first + count; j += ROWS) {
                int i = Math.max(0, j - first), n = Math.min(count, sizes.destinationsSeeing(j + ROWS - 1) - first) - i;
                int a = weights + j / DEPTH * BLOCK + i * STRIDE + j % DEPTH;
                long at = sums + (p * tiledKeys + j) * ROW;
                Tile.wideUpright(s, a, STRIDE, rows + (p * DESTINATIONS + i) * ROW, n, at, at);
            }
        }
    }

    // Loops over n floats of an array.

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

    /** x = e^((x - base) · factor); returns the sum. */
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

    /** p = p · scale, then d = p · (d - mean) · factor. */
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
