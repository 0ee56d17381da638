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
 */
public final class FusedAttentionBlocks {

    private static final int QUERIES = Lanes.COUNT, TILE = 64, TOGETHER = 8;
    // any score is greater than LEAST, what is masked far less
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
            // the last key that the first query sees; each later one sees one more
            int own = keys - pos + first;
            int window = control.get(block + Fused.WINDOW), after = own + count;
            int from = Math.min(Math.max(control.get(control.get(block + Fused.PADDING) + b), own + 1 - window), keys);
            // beyond the last query the last again, whose results are left out
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
                            rows[r] = u.getS0();
                            rows[r + 1] = u.getS1();
                            rows[r + 2] = u.getS2();
                            rows[r + 3] = u.getS3();
                            rows[r + 4] = u.getS4();
                            rows[r + 5] = u.getS5();
                            rows[r + 6] = u.getS6();
                            rows[r + 7] = u.getS7();
                            rows[r + 8] = u.getS8();
                            rows[r + 9] = u.getS9();
                            rows[r + 10] = u.getS10();
                            rows[r + 11] = u.getS11();
                            rows[r + 12] = u.getS12();
                            rows[r + 13] = u.getS13();
                            rows[r + 14] = u.getS14();
                            rows[r + 15] = u.getS15();
                        }
                        for (int c = vectors; c < dHead; c++) rows[row + c] = memory.get(key + c);
                    }
                    Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(),
                            s4 = Lanes.zero(), s5 = Lanes.zero(), s6 = Lanes.zero(), s7 = Lanes.zero();
                    for (int c = 0; c < dHead; c++) {
                        int i = c * QUERIES;
                        Float16 u = new Float16(upright[i], upright[i + 1], upright[i + 2], upright[i + 3],
                                upright[i + 4], upright[i + 5], upright[i + 6], upright[i + 7],
                                upright[i + 8], upright[i + 9], upright[i + 10], upright[i + 11], upright[i + 12],
                                upright[i + 13], upright[i + 14], upright[i + 15]);
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
                    s[r] = s0.getS0();
                    s[r + 1] = s0.getS1();
                    s[r + 2] = s0.getS2();
                    s[r + 3] = s0.getS3();
                    s[r + 4] = s0.getS4();
                    s[r + 5] = s0.getS5();
                    s[r + 6] = s0.getS6();
                    s[r + 7] = s0.getS7();
                    s[r + 8] = s0.getS8();
                    s[r + 9] = s0.getS9();
                    s[r + 10] = s0.getS10();
                    s[r + 11] = s0.getS11();
                    s[r + 12] = s0.getS12();
                    s[r + 13] = s0.getS13();
                    s[r + 14] = s0.getS14();
                    s[r + 15] = s0.getS15();
                    r = r + QUERIES;
                    s[r] = s1.getS0();
                    s[r + 1] = s1.getS1();
                    s[r + 2] = s1.getS2();
                    s[r + 3] = s1.getS3();
                    s[r + 4] = s1.getS4();
                    s[r + 5] = s1.getS5();
                    s[r + 6] = s1.getS6();
                    s[r + 7] = s1.getS7();
                    s[r + 8] = s1.getS8();
                    s[r + 9] = s1.getS9();
                    s[r + 10] = s1.getS10();
                    s[r + 11] = s1.getS11();
                    s[r + 12] = s1.getS12();
                    s[r + 13] = s1.getS13();
                    s[r + 14] = s1.getS14();
                    s[r + 15] = s1.getS15();
                    r = r + QUERIES;
                    s[r] = s2.getS0();
                    s[r + 1] = s2.getS1();
                    s[r + 2] = s2.getS2();
                    s[r + 3] = s2.getS3();
                    s[r + 4] = s2.getS4();
                    s[r + 5] = s2.getS5();
                    s[r + 6] = s2.getS6();
                    s[r + 7] = s2.getS7();
                    s[r + 8] = s2.getS8();
                    s[r + 9] = s2.getS9();
                    s[r + 10] = s2.getS10();
                    s[r + 11] = s2.getS11();
                    s[r + 12] = s2.getS12();
                    s[r + 13] = s2.getS13();
                    s[r + 14] = s2.getS14();
                    s[r + 15] = s2.getS15();
                    r = r + QUERIES;
                    s[r] = s3.getS0();
                    s[r + 1] = s3.getS1();
                    s[r + 2] = s3.getS2();
                    s[r + 3] = s3.getS3();
                    s[r + 4] = s3.getS4();
                    s[r + 5] = s3.getS5();
                    s[r + 6] = s3.getS6();
                    s[r + 7] = s3.getS7();
                    s[r + 8] = s3.getS8();
                    s[r + 9] = s3.getS9();
                    s[r + 10] = s3.getS10();
                    s[r + 11] = s3.getS11();
                    s[r + 12] = s3.getS12();
                    s[r + 13] = s3.getS13();
                    s[r + 14] = s3.getS14();
                    s[r + 15] = s3.getS15();
                    r = r + QUERIES;
                    s[r] = s4.getS0();
                    s[r + 1] = s4.getS1();
                    s[r + 2] = s4.getS2();
                    s[r + 3] = s4.getS3();
                    s[r + 4] = s4.getS4();
                    s[r + 5] = s4.getS5();
                    s[r + 6] = s4.getS6();
                    s[r + 7] = s4.getS7();
                    s[r + 8] = s4.getS8();
                    s[r + 9] = s4.getS9();
                    s[r + 10] = s4.getS10();
                    s[r + 11] = s4.getS11();
                    s[r + 12] = s4.getS12();
                    s[r + 13] = s4.getS13();
                    s[r + 14] = s4.getS14();
                    s[r + 15] = s4.getS15();
                    r = r + QUERIES;
                    s[r] = s5.getS0();
                    s[r + 1] = s5.getS1();
                    s[r + 2] = s5.getS2();
                    s[r + 3] = s5.getS3();
                    s[r + 4] = s5.getS4();
                    s[r + 5] = s5.getS5();
                    s[r + 6] = s5.getS6();
                    s[r + 7] = s5.getS7();
                    s[r + 8] = s5.getS8();
                    s[r + 9] = s5.getS9();
                    s[r + 10] = s5.getS10();
                    s[r + 11] = s5.getS11();
                    s[r + 12] = s5.getS12();
                    s[r + 13] = s5.getS13();
                    s[r + 14] = s5.getS14();
                    s[r + 15] = s5.getS15();
                    r = r + QUERIES;
                    s[r] = s6.getS0();
                    s[r + 1] = s6.getS1();
                    s[r + 2] = s6.getS2();
                    s[r + 3] = s6.getS3();
                    s[r + 4] = s6.getS4();
                    s[r + 5] = s6.getS5();
                    s[r + 6] = s6.getS6();
                    s[r + 7] = s6.getS7();
                    s[r + 8] = s6.getS8();
                    s[r + 9] = s6.getS9();
                    s[r + 10] = s6.getS10();
                    s[r + 11] = s6.getS11();
                    s[r + 12] = s6.getS12();
                    s[r + 13] = s6.getS13();
                    s[r + 14] = s6.getS14();
                    s[r + 15] = s6.getS15();
                    r = r + QUERIES;
                    s[r] = s7.getS0();
                    s[r + 1] = s7.getS1();
                    s[r + 2] = s7.getS2();
                    s[r + 3] = s7.getS3();
                    s[r + 4] = s7.getS4();
                    s[r + 5] = s7.getS5();
                    s[r + 6] = s7.getS6();
                    s[r + 7] = s7.getS7();
                    s[r + 8] = s7.getS8();
                    s[r + 9] = s7.getS9();
                    s[r + 10] = s7.getS10();
                    s[r + 11] = s7.getS11();
                    s[r + 12] = s7.getS12();
                    s[r + 13] = s7.getS13();
                    s[r + 14] = s7.getS14();
                    s[r + 15] = s7.getS15();
                }
                // keys that the first queries do not see yet
                for (int j = Math.max(0, own + 1 - tile); j < length; j++) {
                    for (int t = 0; t < tile + j - own; t++) s[j * QUERIES + t] = MASKED;
                }
                for (int j = 0; j < Math.min(length, after - window - tile); j++) {           // and the last no more
                    for (int t = tile + j - own + window; t < QUERIES; t++) s[j * QUERIES + t] = MASKED;
                }
                Float16 highest = max;
                for (int j = 0; j < length; j++) {
                    int r = j * QUERIES;
                    highest = Float16.max(highest,
                            new Float16(s[r], s[r + 1], s[r + 2], s[r + 3], s[r + 4], s[r + 5], s[r + 6], s[r + 7],
                                    s[r + 8], s[r + 9], s[r + 10], s[r + 11], s[r + 12], s[r + 13], s[r + 14],
                                    s[r + 15]));
                }
                Float16 shrink = Lanes.exp(Float16.sub(max, highest));
                max = highest;
                sum = Float16.mult(sum, shrink);
                for (int j = 0; j < length; j++) {
                    int r = j * QUERIES;
                    Float16 e = Lanes.exp(Float16.sub(new Float16(s[r], s[r + 1], s[r + 2], s[r + 3], s[r + 4],
                            s[r + 5], s[r + 6], s[r + 7],
                            s[r + 8], s[r + 9], s[r + 10], s[r + 11], s[r + 12], s[r + 13], s[r + 14], s[r + 15]),
                            highest));
                    s[r] = e.getS0();
                    s[r + 1] = e.getS1();
                    s[r + 2] = e.getS2();
                    s[r + 3] = e.getS3();
                    s[r + 4] = e.getS4();
                    s[r + 5] = e.getS5();
                    s[r + 6] = e.getS6();
                    s[r + 7] = e.getS7();
                    s[r + 8] = e.getS8();
                    s[r + 9] = e.getS9();
                    s[r + 10] = e.getS10();
                    s[r + 11] = e.getS11();
                    s[r + 12] = e.getS12();
                    s[r + 13] = e.getS13();
                    s[r + 14] = e.getS14();
                    s[r + 15] = e.getS15();
                    sum = Float16.add(sum, e);
                }
                shrinks[0] = shrink.getS0();
                shrinks[1] = shrink.getS1();
                shrinks[2] = shrink.getS2();
                shrinks[3] = shrink.getS3();
                shrinks[4] = shrink.getS4();
                shrinks[5] = shrink.getS5();
                shrinks[6] = shrink.getS6();
                shrinks[7] = shrink.getS7();
                shrinks[8] = shrink.getS8();
                shrinks[9] = shrink.getS9();
                shrinks[10] = shrink.getS10();
                shrinks[11] = shrink.getS11();
                shrinks[12] = shrink.getS12();
                shrinks[13] = shrink.getS13();
                shrinks[14] = shrink.getS14();
                shrinks[15] = shrink.getS15();
                for (int t = 0; t < count; t += 8) {
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        int r = t * dHead + c;
                        Float16 s0 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t]);
                        r = r + dHead;
                        Float16 s1 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 1]);
                        r = r + dHead;
                        Float16 s2 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 2]);
                        r = r + dHead;
                        Float16 s3 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 3]);
                        r = r + dHead;
                        Float16 s4 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 4]);
                        r = r + dHead;
                        Float16 s5 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 5]);
                        r = r + dHead;
                        Float16 s6 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 6]);
                        r = r + dHead;
                        Float16 s7 = Lanes.times(new Float16(z[r], z[r + 1], z[r + 2], z[r + 3], z[r + 4], z[r + 5],
                                z[r + 6], z[r + 7],
                                z[r + 8], z[r + 9], z[r + 10], z[r + 11], z[r + 12], z[r + 13], z[r + 14], z[r + 15]),
                                shrinks[t + 7]);
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
                        z[r] = s0.getS0();
                        z[r + 1] = s0.getS1();
                        z[r + 2] = s0.getS2();
                        z[r + 3] = s0.getS3();
                        z[r + 4] = s0.getS4();
                        z[r + 5] = s0.getS5();
                        z[r + 6] = s0.getS6();
                        z[r + 7] = s0.getS7();
                        z[r + 8] = s0.getS8();
                        z[r + 9] = s0.getS9();
                        z[r + 10] = s0.getS10();
                        z[r + 11] = s0.getS11();
                        z[r + 12] = s0.getS12();
                        z[r + 13] = s0.getS13();
                        z[r + 14] = s0.getS14();
                        z[r + 15] = s0.getS15();
                        r = r + dHead;
                        z[r] = s1.getS0();
                        z[r + 1] = s1.getS1();
                        z[r + 2] = s1.getS2();
                        z[r + 3] = s1.getS3();
                        z[r + 4] = s1.getS4();
                        z[r + 5] = s1.getS5();
                        z[r + 6] = s1.getS6();
                        z[r + 7] = s1.getS7();
                        z[r + 8] = s1.getS8();
                        z[r + 9] = s1.getS9();
                        z[r + 10] = s1.getS10();
                        z[r + 11] = s1.getS11();
                        z[r + 12] = s1.getS12();
                        z[r + 13] = s1.getS13();
                        z[r + 14] = s1.getS14();
                        z[r + 15] = s1.getS15();
                        r = r + dHead;
                        z[r] = s2.getS0();
                        z[r + 1] = s2.getS1();
                        z[r + 2] = s2.getS2();
                        z[r + 3] = s2.getS3();
                        z[r + 4] = s2.getS4();
                        z[r + 5] = s2.getS5();
                        z[r + 6] = s2.getS6();
                        z[r + 7] = s2.getS7();
                        z[r + 8] = s2.getS8();
                        z[r + 9] = s2.getS9();
                        z[r + 10] = s2.getS10();
                        z[r + 11] = s2.getS11();
                        z[r + 12] = s2.getS12();
                        z[r + 13] = s2.getS13();
                        z[r + 14] = s2.getS14();
                        z[r + 15] = s2.getS15();
                        r = r + dHead;
                        z[r] = s3.getS0();
                        z[r + 1] = s3.getS1();
                        z[r + 2] = s3.getS2();
                        z[r + 3] = s3.getS3();
                        z[r + 4] = s3.getS4();
                        z[r + 5] = s3.getS5();
                        z[r + 6] = s3.getS6();
                        z[r + 7] = s3.getS7();
                        z[r + 8] = s3.getS8();
                        z[r + 9] = s3.getS9();
                        z[r + 10] = s3.getS10();
                        z[r + 11] = s3.getS11();
                        z[r + 12] = s3.getS12();
                        z[r + 13] = s3.getS13();
                        z[r + 14] = s3.getS14();
                        z[r + 15] = s3.getS15();
                        r = r + dHead;
                        z[r] = s4.getS0();
                        z[r + 1] = s4.getS1();
                        z[r + 2] = s4.getS2();
                        z[r + 3] = s4.getS3();
                        z[r + 4] = s4.getS4();
                        z[r + 5] = s4.getS5();
                        z[r + 6] = s4.getS6();
                        z[r + 7] = s4.getS7();
                        z[r + 8] = s4.getS8();
                        z[r + 9] = s4.getS9();
                        z[r + 10] = s4.getS10();
                        z[r + 11] = s4.getS11();
                        z[r + 12] = s4.getS12();
                        z[r + 13] = s4.getS13();
                        z[r + 14] = s4.getS14();
                        z[r + 15] = s4.getS15();
                        r = r + dHead;
                        z[r] = s5.getS0();
                        z[r + 1] = s5.getS1();
                        z[r + 2] = s5.getS2();
                        z[r + 3] = s5.getS3();
                        z[r + 4] = s5.getS4();
                        z[r + 5] = s5.getS5();
                        z[r + 6] = s5.getS6();
                        z[r + 7] = s5.getS7();
                        z[r + 8] = s5.getS8();
                        z[r + 9] = s5.getS9();
                        z[r + 10] = s5.getS10();
                        z[r + 11] = s5.getS11();
                        z[r + 12] = s5.getS12();
                        z[r + 13] = s5.getS13();
                        z[r + 14] = s5.getS14();
                        z[r + 15] = s5.getS15();
                        r = r + dHead;
                        z[r] = s6.getS0();
                        z[r + 1] = s6.getS1();
                        z[r + 2] = s6.getS2();
                        z[r + 3] = s6.getS3();
                        z[r + 4] = s6.getS4();
                        z[r + 5] = s6.getS5();
                        z[r + 6] = s6.getS6();
                        z[r + 7] = s6.getS7();
                        z[r + 8] = s6.getS8();
                        z[r + 9] = s6.getS9();
                        z[r + 10] = s6.getS10();
                        z[r + 11] = s6.getS11();
                        z[r + 12] = s6.getS12();
                        z[r + 13] = s6.getS13();
                        z[r + 14] = s6.getS14();
                        z[r + 15] = s6.getS15();
                        r = r + dHead;
                        z[r] = s7.getS0();
                        z[r + 1] = s7.getS1();
                        z[r + 2] = s7.getS2();
                        z[r + 3] = s7.getS3();
                        z[r + 4] = s7.getS4();
                        z[r + 5] = s7.getS5();
                        z[r + 6] = s7.getS6();
                        z[r + 7] = s7.getS7();
                        z[r + 8] = s7.getS8();
                        z[r + 9] = s7.getS9();
                        z[r + 10] = s7.getS10();
                        z[r + 11] = s7.getS11();
                        z[r + 12] = s7.getS12();
                        z[r + 13] = s7.getS13();
                        z[r + 14] = s7.getS14();
                        z[r + 15] = s7.getS15();
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
            sums[0] = sum.getS0();
            sums[1] = sum.getS1();
            sums[2] = sum.getS2();
            sums[3] = sum.getS3();
            sums[4] = sum.getS4();
            sums[5] = sum.getS5();
            sums[6] = sum.getS6();
            sums[7] = sum.getS7();
            sums[8] = sum.getS8();
            sums[9] = sum.getS9();
            sums[10] = sum.getS10();
            sums[11] = sum.getS11();
            sums[12] = sum.getS12();
            sums[13] = sum.getS13();
            sums[14] = sum.getS14();
            sums[15] = sum.getS15();
            for (int t = 0; t < count; t++) {
                float inverse = sums[t] > 0f ? 1f / sums[t] : 0f;
                for (int c = 0; c < dHead; c++) memory.set(out + t * next + c, z[t * dHead + c] * inverse);
            }
        }
    }
}
