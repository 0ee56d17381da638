package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Attention of one decoded token per batch row in one launch, on devices that are CPUs: it does what
 * {@link Rotation#turnIntoPast} and {@link FusedAttentionLanes} do. An item takes a head. No item reads what another
 * writes to the past: heads that share a key each rotate it for themselves, and the first of them stores it.
 *
 * <pre>
 *   q --> turned, scaled --+
 *   k --> turned --+-------+--> score of the token itself --+
 *                  |       |                                +--> max, sum --> z = z · shrink + Σ weight · value
 *                  v       +--> scores of past keys --------+                                   ^
 *              past keys, values <-------------------------------------------------------------- v
 * </pre>
 *
 * <p>A template: the build expands {@code load} and {@code store} of a local array to its sixteen elements, since
 * TornadoVM miscompiles a method that is given a local array.
 */
public final class TokenAttention {

    private static final int TILE = 64;

    private TokenAttention() {}

    /** Arguments of {@link #attend}. */
    public interface Token extends Rotation.Turning {
        /** List of each batch row's padding. */
        int PADDING = 16;
        int OUT = 17;
        /** Number of latest keys that the token sees, its own among them. */
        int WINDOW = 18;
    }

    public static void attend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int heads = control.get(block + Token.HEADS), kvHeads = control.get(block + Token.KV_HEADS),
                dHead = control.get(block + Token.D_HEAD),
                half = dHead / 2, length = control.get(block + Token.LENGTH);
        int n = control.get(block + Token.BATCH) * heads, stride = kvHeads * dHead,
                vectors = dHead - dHead % Lanes.COUNT;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] q = context.allocateFloatLocalArray(FusedAttention.WIDEST);
        float[] own = context.allocateFloatLocalArray(FusedAttention.WIDEST);
        float[] z = context.allocateFloatLocalArray(FusedAttention.WIDEST);
        float[] scores = context.allocateFloatLocalArray(TILE);
        for (int query = context.groupIdx; query < n; query += Block.groups(context)) {
            int head = query % heads, b = query / heads, kvHead = head * kvHeads / heads,
                    shared = b * stride + kvHead * dHead;
            int x = control.get(block + Token.Q) + query * dHead, key = control.get(block + Token.K) + shared,
                    value = control.get(block + Token.V) + shared;
            int past = b * control.get(block + Token.CAPACITY) * stride + kvHead * dHead,
                    pastKeys = control.get(block + Token.PAST_KEYS) + past,
                    pastValues = control.get(block + Token.PAST_VALUES) + past;
            int position = Math.max(0, control.get(control.get(block + Token.FIRST_POSITIONS) + b)) * half,
                    cosines = control.get(block + Token.COSINES) + position,
                    sines = control.get(block + Token.SINES) + position;
            float dot = 0f;
            for (int c = 0; c < half; c++) {
                float cos = memory.get(cosines + c), sin = memory.get(sines + c);
                float q0 = memory.get(x + c) * scale, q1 = memory.get(x + c + half) * scale, k0 = memory.get(key + c),
                        k1 = memory.get(key + c + half);
                float turned0 = q0 * cos - q1 * sin, turned1 = q1 * cos + q0 * sin, own0 = k0 * cos - k1 * sin,
                        own1 = k1 * cos + k0 * sin;
                q[c] = turned0;
                q[c + half] = turned1;
                own[c] = own0;
                own[c + half] = own1;
                dot += turned0 * own0 + turned1 * own1;
            }
            // the token itself has weight one, until the maximum grows
            for (int c = 0; c < dHead; c++) z[c] = memory.get(value + c);
            if (head == (kvHead * heads + kvHeads - 1) / kvHeads) {
                for (int c = 0; c < dHead; c++) {
                    memory.set(pastKeys + length * stride + c, own[c]);
                    memory.set(pastValues + length * stride + c, z[c]);
                }
            }
            float max = dot, sum = 1f;
            int hidden = Math.max(control.get(control.get(block + Token.PADDING) + b),
                    length + 1 - control.get(block + Token.WINDOW));
            for (int tile = Math.min(hidden, length); tile < length; tile += TILE) {
                int some = Math.min(TILE, length - tile), at = pastKeys + tile * stride;
                float before = max;
                for (int j = 0; j < some; j++) {
                    Float16 products = Lanes.zero();
                    for (int c = 0; c < vectors; c += Lanes.COUNT) {
                        Float16 u = load(q, c);
                        products = Float16.add(products, Float16.mult(u, Lanes.f32(memory, at + c)));
                    }
                    float score = Lanes.sum(products);
                    for (int c = vectors; c < dHead; c++) score += q[c] * memory.get(at + c);
                    scores[j] = score;
                    max = Math.max(max, score);
                    at += stride;
                }
                float shrink = TornadoMath.exp(before - max);
                sum *= shrink;
                for (int j = 0; j < some; j++) {
                    float weight = TornadoMath.exp(scores[j] - max);
                    scores[j] = weight;
                    sum += weight;
                }
                for (int c = 0; c < vectors; c += Lanes.COUNT) {
                    Float16 weighted = Lanes.times(load(z, c), shrink);
                    int from = pastValues + tile * stride + c;
                    for (int j = 0; j < some; j++) {
                        weighted = Float16.add(weighted, Lanes.times(Lanes.f32(memory, from), scores[j]));
                        from += stride;
                    }
                    store(z, c, weighted);
                }
                for (int c = vectors; c < dHead; c++) {
                    float weighted = z[c] * shrink;
                    for (int j = 0; j < some; j++)
                        weighted += scores[j] * memory.get(pastValues + (tile + j) * stride + c);
                    z[c] = weighted;
                }
            }
            int out = control.get(block + Token.OUT) + query * dHead;
            float inverse = 1f / sum;
            for (int c = 0; c < dHead; c++) memory.set(out + c, z[c] * inverse);
        }
    }
}
