package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.FusedAttention.Fused;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link FusedAttention} without splits for many queries on devices that are CPUs: an item takes 16 queries of one head
 * through tiles of 64 keys. A vector holds one number of each query, so that maxima, exponentials and sums never
 * combine lanes of a vector; only the queries are transposed, once.
 *
 * <pre>
 *   16 queries, transposed [dHead, 16] · one coordinate of a key --> scores of that key [16], 8 keys at a time
 *   scores [64 keys, 16] + mask --> maxima [16] --> weights [64, 16], sums [16]
 *   z of a query = z · shrink + Σ weight · value, 16 coordinates of 8 queries at a time
 * </pre>
 *
 * All data of an item lies in local memory, although no other item shares it: TornadoVM cannot compile kernels with
 * many loads and stores of global arrays, and rows that lie a constant apart are read with one index.
 *
 * <p>A template: the build expands {@code load} and {@code store} of a local array to its sixteen elements, since
 * TornadoVM miscompiles a method that is given a local array.
 */
public final class FusedAttentionBlocks {

    private static final int QUERIES = Lanes.COUNT, TILE = 64, TOGETHER = 8;
    // LEAST is less than any score, and far greater than what is masked
    private static final float MASKED = -1e30f, LEAST = -1e29f;

    private FusedAttentionBlocks() {}

    public static void attend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Fused.POS), keys = control.get(block + Fused.KEYS),
                heads = control.get(block + Fused.HEADS),
                kvHeads = control.get(block + Fused.KV_HEADS), dHead = control.get(block + Fused.D_HEAD);
        int blocks = (pos + QUERIES - 1) / QUERIES, n = control.get(block + Fused.BATCH) * heads * blocks,
                stride = kvHeads * dHead, next = heads * dHead, vectors = dHead - dHead % Lanes.COUNT;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] upright = context.allocateFloatLocalArray(QUERIES * FusedAttention.WIDEST);
        float[] rows = context.allocateFloatLocalArray(TOGETHER * FusedAttention.WIDEST);
        float[] s = context.allocateFloatLocalArray(QUERIES * TILE);
        float[] z = context.allocateFloatLocalArray(QUERIES * FusedAttention.WIDEST);
        float[] shrinks = context.allocateFloatLocalArray(QUERIES);
        float[] sums = context.allocateFloatLocalArray(QUERIES);
        for (int task = context.groupIdx; task < n; task += Block.groups(context)) {
            int first = task % blocks * QUERIES, count = Math.min(QUERIES, pos - first), last = count - 1,
                    head = task / blocks % heads, b = task / blocks / heads;
            int kv = b * control.get(block + Fused.KEY_STRIDE) + head * kvHeads / heads * dHead,
                    k = control.get(block + Fused.K) + kv,
                    v = control.get(block + Fused.V) + kv;
            int q = control.get(block + Fused.Q) + ((b * pos + first) * heads + head) * dHead,
                    out = control.get(block + Fused.Z) + ((b * pos + first) * heads + head) * dHead;
            // the last key that the first query sees; each later query sees one more
            int own = keys - pos + first;
            int window = control.get(block + Fused.WINDOW), after = own + count;
            int from = Math.min(Math.max(control.get(control.get(block + Fused.PADDING) + b), own + 1 - window), keys);
            // beyond the last query the last is repeated, and its results are left out
            for (int t = 0; t < QUERIES; t++) {
                int x = q + Math.min(t, last) * next;
                for (int c = 0; c < dHead; c++) upright[c * QUERIES + t] = memory.get(x + c) * scale;
            }
            for (int i = 0; i < QUERIES * dHead; i++) z[i] = 0f;
            Float16 max = Lanes.all(LEAST), sum = Lanes.zero();
            for (int tile = from; tile < after; tile += TILE) {
                int length = Math.min(TILE, after - tile);
                for (int j = 0; j < length; j += TOGETHER) {
                    for (int i = 0; i < TOGETHER; i++) {
                        int key = k + Math.min(tile + j + i, after - 1) * stride, row = i * FusedAttention.WIDEST;
                        for (int c = 0; c < vectors; c += Lanes.COUNT) {
                            int r = row + c;
                            Float16 u = Lanes.f32(memory, key + c);
                            store(rows, r, u);
                        }
                        for (int c = vectors; c < dHead; c++) rows[row + c] = memory.get(key + c);
                    }
                    Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(),
                            s4 = Lanes.zero(), s5 = Lanes.zero(), s6 = Lanes.zero(), s7 = Lanes.zero();
                    for (int c = 0; c < dHead; c++) {
                        int i = c * QUERIES;
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
                    int r = j * QUERIES;
                    store(s, r, s0);
                    r = r + QUERIES;
                    store(s, r, s1);
                    r = r + QUERIES;
                    store(s, r, s2);
                    r = r + QUERIES;
                    store(s, r, s3);
                    r = r + QUERIES;
                    store(s, r, s4);
                    r = r + QUERIES;
                    store(s, r, s5);
                    r = r + QUERIES;
                    store(s, r, s6);
                    r = r + QUERIES;
                    store(s, r, s7);
                }
                // mask keys that the first queries do not see yet
                for (int j = Math.max(0, own + 1 - tile); j < length; j++) {
                    for (int t = 0; t < tile + j - own; t++) s[j * QUERIES + t] = MASKED;
                }
                // mask keys that the last queries no longer see
                for (int j = 0; j < Math.min(length, after - window - tile); j++) {
                    for (int t = tile + j - own + window; t < QUERIES; t++) s[j * QUERIES + t] = MASKED;
                }
                Float16 highest = max;
                for (int j = 0; j < length; j++) {
                    int r = j * QUERIES;
                    highest = Float16.max(highest, load(s, r));
                }
                Float16 shrink = Lanes.exp(Float16.sub(max, highest));
                max = highest;
                sum = Float16.mult(sum, shrink);
                for (int j = 0; j < length; j++) {
                    int r = j * QUERIES;
                    Float16 e = Lanes.exp(Float16.sub(load(s, r), highest));
                    store(s, r, e);
                    sum = Float16.add(sum, e);
                }
                store(shrinks, 0, shrink);
                for (int t = 0; t < count; t += 8) {
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        int r = t * dHead + c;
                        Float16 s0 = Lanes.times(load(z, r), shrinks[t]);
                        r = r + dHead;
                        Float16 s1 = Lanes.times(load(z, r), shrinks[t + 1]);
                        r = r + dHead;
                        Float16 s2 = Lanes.times(load(z, r), shrinks[t + 2]);
                        r = r + dHead;
                        Float16 s3 = Lanes.times(load(z, r), shrinks[t + 3]);
                        r = r + dHead;
                        Float16 s4 = Lanes.times(load(z, r), shrinks[t + 4]);
                        r = r + dHead;
                        Float16 s5 = Lanes.times(load(z, r), shrinks[t + 5]);
                        r = r + dHead;
                        Float16 s6 = Lanes.times(load(z, r), shrinks[t + 6]);
                        r = r + dHead;
                        Float16 s7 = Lanes.times(load(z, r), shrinks[t + 7]);
                        r = t * dHead + c;
                        int at = v + tile * stride + c, weight = t;
                        for (int j = 0; j < length; j++) {
                            Float16 value = Lanes.f32(memory, at);
                            s0 = Float16.add(s0, Lanes.times(value, s[weight]));
                            s1 = Float16.add(s1, Lanes.times(value, s[weight + 1]));
                            s2 = Float16.add(s2, Lanes.times(value, s[weight + 2]));
                            s3 = Float16.add(s3, Lanes.times(value, s[weight + 3]));
                            s4 = Float16.add(s4, Lanes.times(value, s[weight + 4]));
                            s5 = Float16.add(s5, Lanes.times(value, s[weight + 5]));
                            s6 = Float16.add(s6, Lanes.times(value, s[weight + 6]));
                            s7 = Float16.add(s7, Lanes.times(value, s[weight + 7]));
                            at += stride;
                            weight += QUERIES;
                        }
                        store(z, r, s0);
                        r = r + dHead;
                        store(z, r, s1);
                        r = r + dHead;
                        store(z, r, s2);
                        r = r + dHead;
                        store(z, r, s3);
                        r = r + dHead;
                        store(z, r, s4);
                        r = r + dHead;
                        store(z, r, s5);
                        r = r + dHead;
                        store(z, r, s6);
                        r = r + dHead;
                        store(z, r, s7);
                    }
                }
                for (int t = 0; t < count; t++) {
                    for (int c = vectors; c < dHead; c++) {
                        float weighted = z[t * dHead + c] * shrinks[t];
                        for (int j = 0; j < length; j++)
                            weighted += s[j * QUERIES + t] * memory.get(v + (tile + j) * stride + c);
                        z[t * dHead + c] = weighted;
                    }
                }
            }
            store(sums, 0, sum);
            for (int t = 0; t < count; t++) {
                float inverse = sums[t] > 0f ? 1f / sums[t] : 0f;
                for (int c = 0; c < dHead; c++) memory.set(out + t * next + c, z[t * dHead + c] * inverse);
            }
        }
    }
}
