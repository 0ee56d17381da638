package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Attention.Mix;
import org.tornadolens.tornado.kernels.Attention.Scores;
import org.tornadolens.tornado.kernels.Softmax.SoftmaxRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link Attention} and {@link Softmax} for devices that are CPUs.
 *
 * <pre>
 *   16 keys, transposed: [dHead, 16]
 *        one row of it · one coordinate of a query --> 16 scores of that query, eight queries at a time
 *
 *   16 coordinates of a key's value · its weight   --> 16 coordinates of z, eight queries at a time
 * </pre>
 *
 * Eight sums hide the latency of a multiply-add. Transposing keys costs as much as a few queries' scores, so that an
 * item takes all queries of one head. The last 16 keys may overlap those before them, so that every store is whole.
 * Rows whose coordinates are read one at a time, those of queries and of the pattern, are copied to local memory piece
 * by piece, where they lie a constant apart and share one index.
 *
 * <p>A template: the build expands {@code load} and {@code store} of a local array to its sixteen elements, since
 * TornadoVM miscompiles a method that is given a local array.
 */
public final class AttentionLanes {

    // TOGETHER queries are taken at a time, and SHARE keys of a pattern's rows
    private static final int KEYS = Lanes.COUNT, TOGETHER = 8, SHARE = 64;
    private static final float MASKED = -1e30f;   // less than any score

    private AttentionLanes() {}

    public static void scores(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Scores.POS), keys = control.get(block + Scores.KEYS),
                heads = control.get(block + Scores.HEADS),
                kvHeads = control.get(block + Scores.KV_HEADS), dHead = control.get(block + Scores.D_HEAD);
        int tiles = (keys + KEYS - 1) / KEYS, n = control.get(block + Scores.BATCH) * heads * tiles,
                stride = kvHeads * dHead,
                next = heads * dHead, last = pos - 1, length = Math.min(KEYS, keys);
        // raw scores are not masked
        int mode = control.get(block + Scores.MODE), behind = mode == Attention.RAW ? 2 * keys : keys - pos;
        // the first key of query 0's window
        int before = mode == Attention.RAW ? -2 * keys : keys - pos + 1 - control.get(block + Scores.WINDOW);
        float scale = mode == Attention.SCALED ? 1f / TornadoMath.sqrt((float) dHead) : 1f,
                none = memory.get(control.get(block + Scores.MASKED));
        float[] upright = context.allocateFloatLocalArray(KEYS * FusedAttention.WIDEST);
        float[] rows = context.allocateFloatLocalArray(TOGETHER * FusedAttention.WIDEST);
        for (int task = context.groupIdx; task < n; task += Block.groups(context)) {
            int tile = Math.max(0, Math.min(task % tiles * KEYS, keys - KEYS)), head = task / tiles % heads,
                    b = task / tiles / heads;
            int q = control.get(block + Scores.Q) + (b * pos * heads + head) * dHead,
                    scores = control.get(block + Scores.SCORES) + (b * heads + head) * pos * keys;
            int k = control.get(block + Scores.K) + b * control.get(block + Scores.KEY_STRIDE)
                    + head * kvHeads / heads * dHead,
                    padding = mode == Attention.RAW ? 0 : control.get(control.get(block + Scores.PADDING) + b);
            for (int j = 0; j < KEYS; j++) {
                int key = k + Math.min(tile + j, keys - 1) * stride;
                for (int c = 0; c < dHead; c++) upright[c * KEYS + j] = memory.get(key + c);
            }
            for (int t = 0; t < pos; t += TOGETHER) {
                // seen: whether any of these queries sees any of these keys; each window begins one key after the last
                int first = Math.max(padding, before + t), latest = Math.max(padding, before + t + 7);
                int seen = tile <= behind + t + 7 && tile + length > first ? 1 : 0, width = seen * dHead;
                for (int i = 0; i < TOGETHER; i++) {
                    int x = q + Math.min(t + i, last) * next, row = i * FusedAttention.WIDEST,
                            vectors = width - width % Lanes.COUNT;
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        int r = row + c;
                        Float16 u = Lanes.f32(memory, x + c);
                        store(rows, r, u);
                    }
                    for (int c = vectors; c < width; c++) rows[row + c] = memory.get(x + c);
                }
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(), s4 = Lanes.zero(),
                        s5 = Lanes.zero(), s6 = Lanes.zero(), s7 = Lanes.zero();
                for (int c = 0; c < width; c++) {
                    int i = c * KEYS;
                    Float16 u = load(upright, i);
                    s0 = Float16.add(s0, Lanes.times(u, rows[c]));
                    s1 = Float16.add(s1, Lanes.times(u, rows[1 * FusedAttention.WIDEST + c]));
                    s2 = Float16.add(s2, Lanes.times(u, rows[2 * FusedAttention.WIDEST + c]));
                    s3 = Float16.add(s3, Lanes.times(u, rows[3 * FusedAttention.WIDEST + c]));
                    s4 = Float16.add(s4, Lanes.times(u, rows[4 * FusedAttention.WIDEST + c]));
                    s5 = Float16.add(s5, Lanes.times(u, rows[5 * FusedAttention.WIDEST + c]));
                    s6 = Float16.add(s6, Lanes.times(u, rows[6 * FusedAttention.WIDEST + c]));
                    s7 = Float16.add(s7, Lanes.times(u, rows[7 * FusedAttention.WIDEST + c]));
                }
                float fill = seen == 1 ? 0f : none;
                int out = scores + t * keys + tile;
                if (keys >= KEYS) {
                    Lanes.store(memory, out, Lanes.plus(Lanes.times(s0, scale), fill));
                    if (t + 1 <= last) Lanes.store(memory, out + keys, Lanes.plus(Lanes.times(s1, scale), fill));
                    if (t + 2 <= last) Lanes.store(memory, out + 2 * keys, Lanes.plus(Lanes.times(s2, scale), fill));
                    if (t + 3 <= last) Lanes.store(memory, out + 3 * keys, Lanes.plus(Lanes.times(s3, scale), fill));
                    if (t + 4 <= last) Lanes.store(memory, out + 4 * keys, Lanes.plus(Lanes.times(s4, scale), fill));
                    if (t + 5 <= last) Lanes.store(memory, out + 5 * keys, Lanes.plus(Lanes.times(s5, scale), fill));
                    if (t + 6 <= last) Lanes.store(memory, out + 6 * keys, Lanes.plus(Lanes.times(s6, scale), fill));
                    if (t + 7 <= last) Lanes.store(memory, out + 7 * keys, Lanes.plus(Lanes.times(s7, scale), fill));
                }
                int edge = tile + length - 1 > behind + t || tile < latest ? seen : 0, partly = keys < KEYS ? 1 : edge;
                int queries = partly * Math.min(8, pos - t);
                for (int i = 0; i < queries; i++) {
                    for (int j = 0; j < length; j++) {
                        boolean visible = tile + j <= behind + t + i && tile + j >= Math.max(padding, before + t + i);
                        if (!visible) memory.set(out + i * keys + j, none);
                        if (visible && keys < KEYS)
                            memory.set(out + i * keys + j,
                                    scale * product(memory, q + (t + i) * next, k + (tile + j) * stride, dHead));
                    }
                }
            }
        }
    }

    private static float product(FloatArray memory, int x, int y, int n) {
        float sum = 0f;
        for (int c = 0; c < n; c++) sum += memory.get(x + c) * memory.get(y + c);
        return sum;
    }

    public static void mixture(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Mix.POS), keys = control.get(block + Mix.KEYS),
                heads = control.get(block + Mix.HEADS),
                kvHeads = control.get(block + Mix.KV_HEADS), dHead = control.get(block + Mix.D_HEAD);
        int blocks = (pos + 7) / 8, n = control.get(block + Mix.BATCH) * heads * blocks, stride = kvHeads * dHead,
                vectors = dHead - dHead % Lanes.COUNT, next = control.get(block + Mix.Z_STRIDE) * dHead, last = pos - 1;
        float[] weights = context.allocateFloatLocalArray(TOGETHER * SHARE);
        for (int task = context.groupIdx; task < n; task += Block.groups(context)) {
            int t = task % blocks * 8, head = task / blocks % heads, b = task / blocks / heads;
            int v = control.get(block + Mix.V) + b * control.get(block + Mix.KEY_STRIDE)
                    + head * kvHeads / heads * dHead,
                    pattern = control.get(block + Mix.PATTERN) + (b * heads + head) * pos * keys;
            int z = control.get(block + Mix.Z) + (b * pos + t) * next + head * dHead;
            int causal = control.get(block + Mix.CAUSAL),
                    limit = causal == 1 ? Math.min(keys, keys - pos + t + 8) : keys;
            int begin = causal * Math.max(0, keys - pos + t + 1 - control.get(block + Mix.WINDOW));
            for (int c = 0; c < vectors; c += Lanes.COUNT) {
                int at = v + c + begin * stride;
                Float16 z0 = Lanes.zero(), z1 = Lanes.zero(), z2 = Lanes.zero(), z3 = Lanes.zero(), z4 = Lanes.zero(),
                        z5 = Lanes.zero(), z6 = Lanes.zero(), z7 = Lanes.zero();
                for (int from = begin; from < limit; from += SHARE) {
                    int some = Math.min(SHARE, limit - from), whole = some - some % Lanes.COUNT;
                    for (int i = 0; i < TOGETHER; i++) {
                        int p = pattern + Math.min(t + i, last) * keys + from, row = i * SHARE;
                        for (int j = 0; j < whole; j += Lanes.COUNT) {
                            int r = row + j;
                            Float16 u = Lanes.f32(memory, p + j);
                            store(weights, r, u);
                        }
                        for (int j = whole; j < some; j++) weights[row + j] = memory.get(p + j);
                    }
                    for (int j = 0; j < some; j++) {
                        Float16 value = Lanes.f32(memory, at);
                        z0 = Float16.add(z0, Lanes.times(value, weights[j]));
                        z1 = Float16.add(z1, Lanes.times(value, weights[SHARE + j]));
                        z2 = Float16.add(z2, Lanes.times(value, weights[2 * SHARE + j]));
                        z3 = Float16.add(z3, Lanes.times(value, weights[3 * SHARE + j]));
                        z4 = Float16.add(z4, Lanes.times(value, weights[4 * SHARE + j]));
                        z5 = Float16.add(z5, Lanes.times(value, weights[5 * SHARE + j]));
                        z6 = Float16.add(z6, Lanes.times(value, weights[6 * SHARE + j]));
                        z7 = Float16.add(z7, Lanes.times(value, weights[7 * SHARE + j]));
                        at += stride;
                    }
                }
                Lanes.store(memory, z + c, z0);
                if (t + 1 < pos) Lanes.store(memory, z + next + c, z1);
                if (t + 2 < pos) Lanes.store(memory, z + 2 * next + c, z2);
                if (t + 3 < pos) Lanes.store(memory, z + 3 * next + c, z3);
                if (t + 4 < pos) Lanes.store(memory, z + 4 * next + c, z4);
                if (t + 5 < pos) Lanes.store(memory, z + 5 * next + c, z5);
                if (t + 6 < pos) Lanes.store(memory, z + 6 * next + c, z6);
                if (t + 7 < pos) Lanes.store(memory, z + 7 * next + c, z7);
            }
            int queries = Math.min(8, pos - t);
            for (int i = 0; i < queries; i++) {
                for (int c = vectors; c < dHead; c++) {
                    float sum = 0f;
                    for (int key = begin; key < limit; key++) {
                        sum += memory.get(v + key * stride + c) * memory.get(pattern + (t + i) * keys + key);
                    }
                    memory.set(z + i * next + c, sum);
                }
            }
        }
    }

    /** Computes {@link Softmax#rows}; an item takes a row. */
    public static void softmax(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + SoftmaxRows.ROWS), width = control.get(block + SoftmaxRows.WIDTH),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + SoftmaxRows.X) + row * width,
                    out = control.get(block + SoftmaxRows.OUT) + row * width;
            Float16 largest = Lanes.all(MASKED);
            for (int i = 0; i < vectors; i += Lanes.COUNT) largest = Float16.max(largest, Lanes.f32(memory, x + i));
            float max = Lanes.max(largest);
            for (int i = vectors; i < width; i++) max = Math.max(max, memory.get(x + i));
            Float16 sums = Lanes.zero();
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 e = Lanes.exp(Lanes.minus(Lanes.f32(memory, x + i), max));
                Lanes.store(memory, out + i, e);
                sums = Float16.add(sums, e);
            }
            float sum = Lanes.sum(sums);
            for (int i = vectors; i < width; i++) {
                float e = TornadoMath.exp(memory.get(x + i) - max);
                memory.set(out + i, e);
                sum += e;
            }
            float inverse = sum > 0f ? 1f / sum : 0f;                 // a row of nothing but -infinity becomes zeros
            for (int i = 0; i < vectors; i += Lanes.COUNT)
                Lanes.store(memory, out + i, Lanes.times(Lanes.f32(memory, out + i), inverse));
            for (int i = vectors; i < width; i++) memory.set(out + i, memory.get(out + i) * inverse);
        }
    }
}
