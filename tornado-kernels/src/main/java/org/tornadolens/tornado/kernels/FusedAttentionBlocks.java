package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link FusedAttention} for many queries on devices that are CPUs, with the same arguments and never split: an item takes
 * 16 queries of one head through tiles of 32 keys, turned upright as in {@link AttentionLanes}. What it sums up lies
 * where the result goes.
 *
 * <pre>
 *   keys [32, dHead] --> upright [dHead, 32] · 4 queries --> scores [16, 32], masked --> max, weights, sum of each query
 *                                      z of 4 queries = z · shrink + Σ weight · value, 16 coordinates at a time
 * </pre>
 *
 * Keys and scores lie in local memory, though one item has it for itself: a kernel of so many loads from a global array
 * is more than TornadoVM compiles.
 */
public final class FusedAttentionBlocks {

    private static final int QUERIES = 16, TILE = 32;
    private static final float NONE = -1e30f;   // less than any score

    private FusedAttentionBlocks() {}

    public static void attend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 7), keys = control.get(block + 8), heads = control.get(block + 9), kvHeads = control.get(block + 10), dHead = control.get(block + 11);
        int blocks = (pos + QUERIES - 1) / QUERIES, n = control.get(block + 6) * heads * blocks, stride = kvHeads * dHead, next = heads * dHead, vectors = dHead - dHead % Lanes.COUNT;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] upright = context.allocateFloatLocalArray(TILE * FusedAttention.WIDEST);
        float[] s = context.allocateFloatLocalArray(QUERIES * TILE);
        float[] maxima = context.allocateFloatLocalArray(QUERIES);
        float[] sums = context.allocateFloatLocalArray(QUERIES);
        float[] shrinks = context.allocateFloatLocalArray(QUERIES);
        for (int task = context.groupIdx; task < n; task += Block.groups(context)) {
            int first = task % blocks * QUERIES, count = Math.min(QUERIES, pos - first), last = count - 1, head = task / blocks % heads, b = task / blocks / heads;
            int kv = b * control.get(block + 12) + head * kvHeads / heads * dHead, k = control.get(block + 2) + kv, v = control.get(block + 3) + kv;
            int q = control.get(block + 1) + ((b * pos + first) * heads + head) * dHead, z = control.get(block + 5) + ((b * pos + first) * heads + head) * dHead;
            int seen = keys - pos + first + 1;                     // by the first query; each later one sees one more
            int from = Math.min(control.get(control.get(block + 13) + b), keys), after = seen + last;
            for (int t = 0; t < QUERIES; t++) {
                maxima[t] = NONE;
                sums[t] = 0f;
            }
            for (int t = 0; t < count; t++) for (int c = 0; c < dHead; c++) memory.set(z + t * next + c, 0f);
            for (int tile = from; tile < after; tile += TILE) {
                int length = Math.min(TILE, after - tile);
                for (int j = 0; j < TILE; j++) {
                    int key = k + Math.min(tile + j, keys - 1) * stride;
                    for (int c = 0; c < dHead; c++) upright[c * TILE + j] = memory.get(key + c);
                }
                for (int t = 0; t < count; t += 2) {
                    int q0 = q + t * next, q1 = q + Math.min(t + 1, last) * next;
                    Float16 a0 = Lanes.zero(), a1 = Lanes.zero(), b0 = Lanes.zero(), b1 = Lanes.zero();
                    for (int c = 0; c < dHead; c++) {
                        int i = c * TILE, j = i + Lanes.COUNT;
                        Float16 u = new Float16(upright[i], upright[i + 1], upright[i + 2], upright[i + 3], upright[i + 4], upright[i + 5], upright[i + 6], upright[i + 7],
                                upright[i + 8], upright[i + 9], upright[i + 10], upright[i + 11], upright[i + 12], upright[i + 13], upright[i + 14], upright[i + 15]);
                        Float16 w = new Float16(upright[j], upright[j + 1], upright[j + 2], upright[j + 3], upright[j + 4], upright[j + 5], upright[j + 6], upright[j + 7],
                                upright[j + 8], upright[j + 9], upright[j + 10], upright[j + 11], upright[j + 12], upright[j + 13], upright[j + 14], upright[j + 15]);
                        float x0 = memory.get(q0 + c) * scale, x1 = memory.get(q1 + c) * scale;
                        a0 = Float16.add(a0, Lanes.times(u, x0));
                        b0 = Float16.add(b0, Lanes.times(w, x0));
                        a1 = Float16.add(a1, Lanes.times(u, x1));
                        b1 = Float16.add(b1, Lanes.times(w, x1));
                    }
                    int r = t * TILE;
                    s[r] = a0.getS0(); s[r + 1] = a0.getS1(); s[r + 2] = a0.getS2(); s[r + 3] = a0.getS3(); s[r + 4] = a0.getS4(); s[r + 5] = a0.getS5(); s[r + 6] = a0.getS6(); s[r + 7] = a0.getS7();
                    s[r + 8] = a0.getS8(); s[r + 9] = a0.getS9(); s[r + 10] = a0.getS10(); s[r + 11] = a0.getS11(); s[r + 12] = a0.getS12(); s[r + 13] = a0.getS13(); s[r + 14] = a0.getS14(); s[r + 15] = a0.getS15();
                    r = r + Lanes.COUNT;
                    s[r] = b0.getS0(); s[r + 1] = b0.getS1(); s[r + 2] = b0.getS2(); s[r + 3] = b0.getS3(); s[r + 4] = b0.getS4(); s[r + 5] = b0.getS5(); s[r + 6] = b0.getS6(); s[r + 7] = b0.getS7();
                    s[r + 8] = b0.getS8(); s[r + 9] = b0.getS9(); s[r + 10] = b0.getS10(); s[r + 11] = b0.getS11(); s[r + 12] = b0.getS12(); s[r + 13] = b0.getS13(); s[r + 14] = b0.getS14(); s[r + 15] = b0.getS15();
                    r = r + Lanes.COUNT;
                    s[r] = a1.getS0(); s[r + 1] = a1.getS1(); s[r + 2] = a1.getS2(); s[r + 3] = a1.getS3(); s[r + 4] = a1.getS4(); s[r + 5] = a1.getS5(); s[r + 6] = a1.getS6(); s[r + 7] = a1.getS7();
                    s[r + 8] = a1.getS8(); s[r + 9] = a1.getS9(); s[r + 10] = a1.getS10(); s[r + 11] = a1.getS11(); s[r + 12] = a1.getS12(); s[r + 13] = a1.getS13(); s[r + 14] = a1.getS14(); s[r + 15] = a1.getS15();
                    r = r + Lanes.COUNT;
                    s[r] = b1.getS0(); s[r + 1] = b1.getS1(); s[r + 2] = b1.getS2(); s[r + 3] = b1.getS3(); s[r + 4] = b1.getS4(); s[r + 5] = b1.getS5(); s[r + 6] = b1.getS6(); s[r + 7] = b1.getS7();
                    s[r + 8] = b1.getS8(); s[r + 9] = b1.getS9(); s[r + 10] = b1.getS10(); s[r + 11] = b1.getS11(); s[r + 12] = b1.getS12(); s[r + 13] = b1.getS13(); s[r + 14] = b1.getS14(); s[r + 15] = b1.getS15();
                }
                for (int t = 0; t < count; t++) {
                    int r = t * TILE, h = r + Lanes.COUNT;
                    for (int j = Math.max(0, seen + t - tile); j < TILE; j++) s[r + j] = NONE;
                    float before = maxima[t], max = before;
                    for (int j = 0; j < TILE; j++) max = Math.max(max, s[r + j]);
                    float base = max > NONE ? max : 0f;             // so that the weights of a query that sees nothing yet are zero
                    Float16 u = new Float16(s[r], s[r + 1], s[r + 2], s[r + 3], s[r + 4], s[r + 5], s[r + 6], s[r + 7],
                                s[r + 8], s[r + 9], s[r + 10], s[r + 11], s[r + 12], s[r + 13], s[r + 14], s[r + 15]);
                    Float16 w = new Float16(s[h], s[h + 1], s[h + 2], s[h + 3], s[h + 4], s[h + 5], s[h + 6], s[h + 7],
                                s[h + 8], s[h + 9], s[h + 10], s[h + 11], s[h + 12], s[h + 13], s[h + 14], s[h + 15]);
                    u = Lanes.exp(Lanes.minus(u, base));
                    w = Lanes.exp(Lanes.minus(w, base));
                    s[r] = u.getS0(); s[r + 1] = u.getS1(); s[r + 2] = u.getS2(); s[r + 3] = u.getS3(); s[r + 4] = u.getS4(); s[r + 5] = u.getS5(); s[r + 6] = u.getS6(); s[r + 7] = u.getS7();
                    s[r + 8] = u.getS8(); s[r + 9] = u.getS9(); s[r + 10] = u.getS10(); s[r + 11] = u.getS11(); s[r + 12] = u.getS12(); s[r + 13] = u.getS13(); s[r + 14] = u.getS14(); s[r + 15] = u.getS15();
                    s[h] = w.getS0(); s[h + 1] = w.getS1(); s[h + 2] = w.getS2(); s[h + 3] = w.getS3(); s[h + 4] = w.getS4(); s[h + 5] = w.getS5(); s[h + 6] = w.getS6(); s[h + 7] = w.getS7();
                    s[h + 8] = w.getS8(); s[h + 9] = w.getS9(); s[h + 10] = w.getS10(); s[h + 11] = w.getS11(); s[h + 12] = w.getS12(); s[h + 13] = w.getS13(); s[h + 14] = w.getS14(); s[h + 15] = w.getS15();
                    float shrink = TornadoMath.exp(before - base);
                    maxima[t] = max;
                    shrinks[t] = shrink;
                    sums[t] = sums[t] * shrink + Lanes.sum(Float16.add(u, w));
                }
                for (int t = 0; t < count; t += 4) {
                    int t0 = t, z0 = z + t0 * next;
                    int t1 = Math.min(t + 1, last), z1 = z + t1 * next;
                    int t2 = Math.min(t + 2, last), z2 = z + t2 * next;
                    int t3 = Math.min(t + 3, last), z3 = z + t3 * next;
                    int r = t * TILE;
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        Float16 s0 = Lanes.times(Lanes.f32(memory, z0 + c), shrinks[t0]);
                        Float16 s1 = Lanes.times(Lanes.f32(memory, z1 + c), shrinks[t1]);
                        Float16 s2 = Lanes.times(Lanes.f32(memory, z2 + c), shrinks[t2]);
                        Float16 s3 = Lanes.times(Lanes.f32(memory, z3 + c), shrinks[t3]);
                        for (int j = 0; j < length; j++) {
                            Float16 value = Lanes.f32(memory, v + (tile + j) * stride + c);
                            s0 = Float16.add(s0, Lanes.times(value, s[r + j]));
                            s1 = Float16.add(s1, Lanes.times(value, s[r + TILE + j]));
                            s2 = Float16.add(s2, Lanes.times(value, s[r + 2 * TILE + j]));
                            s3 = Float16.add(s3, Lanes.times(value, s[r + 3 * TILE + j]));
                        }
                        Lanes.store(memory, z0 + c, s0);
                        if (t + 1 < count) Lanes.store(memory, z1 + c, s1);
                        if (t + 2 < count) Lanes.store(memory, z2 + c, s2);
                        if (t + 3 < count) Lanes.store(memory, z3 + c, s3);
                    }
                }
                for (int t = 0; t < count; t++) {
                    for (int c = vectors; c < dHead; c++) {
                        float weighted = memory.get(z + t * next + c) * shrinks[t];
                        for (int j = 0; j < length; j++) weighted += s[t * TILE + j] * memory.get(v + (tile + j) * stride + c);
                        memory.set(z + t * next + c, weighted);
                    }
                }
            }
            for (int t = 0; t < count; t++) {
                float inverse = sums[t] > 0f ? 1f / sums[t] : 0f;
                for (int c = 0; c < dHead; c++) memory.set(z + t * next + c, memory.get(z + t * next + c) * inverse);
            }
        }
    }
}
