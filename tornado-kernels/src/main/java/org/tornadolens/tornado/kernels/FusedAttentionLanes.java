package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link FusedAttention}, with the same arguments and never split, on devices that are CPUs: an item takes a query of one
 * head, its products with vector registers. What it sums up lies where the result goes.
 *
 * <pre>
 *   scores of 16 keys --> max, sum --> z = z · shrink + Σ weight · value, 16 coordinates at a time
 * </pre>
 */
public final class FusedAttentionLanes {

    private static final int TILE = 64;
    private static final float NONE = -1e30f;   // less than any score

    private FusedAttentionLanes() {}

    public static void attend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 7), keys = control.get(block + 8), heads = control.get(block + 9),
                kvHeads = control.get(block + 10), dHead = control.get(block + 11);
        int n = control.get(block + 6) * pos * heads, vectors = dHead - dHead % Lanes.COUNT, stride = kvHeads * dHead;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] scores = context.allocateFloatLocalArray(TILE);
        for (int query = context.groupIdx; query < n; query += Block.groups(context)) {
            int head = query % heads, t = query / heads % pos, b = query / heads / pos;
            int q = control.get(block + 1) + query * dHead, z = control.get(block + 5) + query * dHead;
            int kv = b * control.get(block + 12) + head * kvHeads / heads * dHead, k = control.get(block + 2) + kv,
                    v = control.get(block + 3) + kv;
            int after = keys - pos + t + 1, padding = control.get(control.get(block + 13) + b);
            int hidden = Math.max(padding, after - control.get(block + 18));
            int from = Math.min(hidden, keys);
            for (int c = 0; c < dHead; c++) memory.set(z + c, 0f);
            float max = NONE, sum = 0f;
            for (int tile = from; tile < after; tile += TILE) {
                int length = Math.min(TILE, after - tile);
                float before = max;
                for (int j = 0; j < length; j++) {
                    int key = k + (tile + j) * stride;
                    Float16 products = Lanes.zero();
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        products = Float16.add(products,
                                Float16.mult(Lanes.f32(memory, q + c), Lanes.f32(memory, key + c)));
                    }
                    float dot = Lanes.sum(products);
                    for (int c = vectors; c < dHead; c++) dot += memory.get(q + c) * memory.get(key + c);
                    scores[j] = dot * scale;
                    max = Math.max(max, dot * scale);
                }
                float shrink = TornadoMath.exp(before - max);
                sum *= shrink;
                for (int j = 0; j < length; j++) {
                    float weight = TornadoMath.exp(scores[j] - max);
                    scores[j] = weight;
                    sum += weight;
                }
                for (int c = 0; c < vectors; c += Lanes.COUNT) {
                    Float16 weighted = Lanes.times(Lanes.f32(memory, z + c), shrink);
                    for (int j = 0; j < length; j++) {
                        weighted = Float16.add(weighted,
                                Lanes.times(Lanes.f32(memory, v + (tile + j) * stride + c), scores[j]));
                    }
                    Lanes.store(memory, z + c, weighted);
                }
                for (int c = vectors; c < dHead; c++) {
                    float weighted = memory.get(z + c) * shrink;
                    for (int j = 0; j < length; j++) weighted += scores[j] * memory.get(v + (tile + j) * stride + c);
                    memory.set(z + c, weighted);
                }
            }
            float inverse = sum > 0f ? 1f / sum : 0f;
            for (int c = 0; c < dHead; c++) memory.set(z + c, memory.get(z + c) * inverse);
        }
    }
}
