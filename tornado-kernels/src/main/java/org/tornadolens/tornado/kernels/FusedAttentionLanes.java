package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.FusedAttention.Fused;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link FusedAttention} without splits for devices that are CPUs: an item takes a query of one head and computes its
 * products with vector registers. It sums up in the place of the result.
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
        int pos = control.get(block + Fused.POS), keys = control.get(block + Fused.KEYS),
                heads = control.get(block + Fused.HEADS),
                kvHeads = control.get(block + Fused.KV_HEADS), dHead = control.get(block + Fused.D_HEAD);
        int n = control.get(block + Fused.BATCH) * pos * heads, vectors = dHead - dHead % Lanes.COUNT,
                stride = kvHeads * dHead;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] scores = context.allocateFloatLocalArray(TILE);
        for (int query = context.groupIdx; query < n; query += Block.groups(context)) {
            int head = query % heads, t = query / heads % pos, b = query / heads / pos;
            int q = control.get(block + Fused.Q) + query * dHead, z = control.get(block + Fused.Z) + query * dHead;
            int kv = b * control.get(block + Fused.KEY_STRIDE) + head * kvHeads / heads * dHead,
                    k = control.get(block + Fused.K) + kv,
                    v = control.get(block + Fused.V) + kv;
            int after = keys - pos + t + 1, padding = control.get(control.get(block + Fused.PADDING) + b);
            int hidden = Math.max(padding, after - control.get(block + Fused.WINDOW));
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
