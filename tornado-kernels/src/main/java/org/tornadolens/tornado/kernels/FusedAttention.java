package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention that never holds scores or pattern (Milakov and Gimelshein 2018; Dao et al. 2022): a group takes a query of
 * one head and goes through its keys in tiles, keeping the maximum so far, the sum of exponentials relative to it, and
 * the values weighted by them; when the maximum grows, what was summed is scaled down.
 *
 * <pre>
 *   keys   [ tile 0 ][ tile 1 ][ tile 2 ] ...
 *             |
 *             +--> scores[64] --> max, sum          an item a key
 *             +--> weighted values[dHead]           an item a coordinate
 * </pre>
 *
 * There are barriers after the scores of a tile are stored, since every item reads all of them; after they are read,
 * since the next tile overwrites them; and between the exponentials and their use. With one item per group, on CPUs,
 * they cost nothing.
 *
 * <p>For decoding with a long past a query's keys are split among groups, each of which leaves its maximum, sum and
 * weighted values in a scratch area. A second kernel joins them, since groups cannot wait for each other within one.
 */
public final class FusedAttention {

    /** The widest head that fits. */
    public static final int WIDEST = 256;

    private static final int TILE = 64;
    private static final float NONE = -1e30f;   // less than any score

    private FusedAttention() {}

    /**
     * Arguments of {@link #attend} and its variants for CPUs, which have one split: q and z [batch, pos, head, dHead],
     * k and v [batch, key, kvHead, dHead].
     */
    public interface Fused extends Attention.Shape {
        int Q = 10, K = 11, V = 12, Z = 13;
        /** Number of groups that share the keys of a query. */
        int SPLITS = 14;
        /** Scratch area [batch · pos · head, splits, dHead + 2]; not used without splits. */
        int SCRATCH = 15;
    }

    public static void attend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Fused.POS), keys = control.get(block + Fused.KEYS),
                heads = control.get(block + Fused.HEADS),
                kvHeads = control.get(block + Fused.KV_HEADS), dHead = control.get(block + Fused.D_HEAD);
        int splits = control.get(block + Fused.SPLITS), n = control.get(block + Fused.BATCH) * pos * heads * splits;
        int item = context.localIdx, items = context.localGroupSizeX;
        float scale = 1f / TornadoMath.sqrt((float) dHead);
        float[] scores = context.allocateFloatLocalArray(TILE);
        float[] weighted = context.allocateFloatLocalArray(WIDEST);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int split = i % splits, query = i / splits, head = query % heads, t = query / heads % pos,
                    b = query / heads / pos;
            int q = control.get(block + Fused.Q) + query * dHead, stride = kvHeads * dHead;
            int k = control.get(block + Fused.K) + b * control.get(block + Fused.KEY_STRIDE)
                    + head * kvHeads / heads * dHead;
            int v = control.get(block + Fused.V) + b * control.get(block + Fused.KEY_STRIDE)
                    + head * kvHeads / heads * dHead;
            int after = keys - pos + t + 1, padding = control.get(control.get(block + Fused.PADDING) + b);
            int hidden = Math.max(padding, after - control.get(block + Fused.WINDOW));
            int first = Math.min(hidden, keys);
            int share = (Math.max(after - first, 0) + splits - 1) / splits, from = first + split * share,
                    to = Math.min(after, from + share);
            for (int c = item; c < dHead; c += items) weighted[c] = 0f;
            float max = NONE, sum = 0f;
            for (int tile = from; tile < to; tile += TILE) {
                int length = Math.min(TILE, to - tile);
                for (int j = item; j < length; j += items) {
                    int key = k + (tile + j) * stride;
                    float dot = 0f;
                    for (int c = 0; c < dHead; c++) dot += memory.get(q + c) * memory.get(key + c);
                    scores[j] = dot * scale;
                }
                context.localBarrier();
                float before = max;
                for (int j = 0; j < length; j++) max = Math.max(max, scores[j]);
                context.localBarrier();
                for (int j = item; j < length; j += items) scores[j] = TornadoMath.exp(scores[j] - max);
                context.localBarrier();
                float shrink = TornadoMath.exp(before - max);
                sum *= shrink;
                for (int j = 0; j < length; j++) sum += scores[j];
                for (int c = item; c < dHead; c += items) weighted[c] *= shrink;
                for (int j = 0; j < length; j++) {
                    int value = v + (tile + j) * stride;
                    for (int c = item; c < dHead; c += items) weighted[c] += scores[j] * memory.get(value + c);
                }
                context.localBarrier();
            }
            int scratch = control.get(block + Fused.SCRATCH) + i * (dHead + 2),
                    z = control.get(block + Fused.Z) + query * dHead;
            int out = splits == 1 ? z : scratch;
            float inverse = splits > 1 ? 1f : sum > 0f ? 1f / sum : 0f;
            for (int c = item; c < dHead; c += items) memory.set(out + c, weighted[c] * inverse);
            if (splits > 1 && item == 0) {
                memory.set(scratch + dHead, max);
                memory.set(scratch + dHead + 1, sum);
            }
            context.localBarrier();
        }
    }

    /** Arguments of {@link #join}. */
    public interface Join extends Attention.Shape {
        int SCRATCH = 10, SPLITS = 11, Z = 12;
    }

    /** Joins what the groups of a query left. */
    public static void join(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dHead = control.get(block + Join.D_HEAD), splits = control.get(block + Join.SPLITS), size = dHead + 2;
        int n = control.get(block + Join.BATCH) * control.get(block + Join.POS) * control.get(block + Join.HEADS)
                * dHead;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int scratch = control.get(block + Join.SCRATCH) + i / dHead * splits * size;
            float max = NONE;
            for (int s = 0; s < splits; s++) max = Math.max(max, memory.get(scratch + s * size + dHead));
            float sum = 0f, weighted = 0f;
            for (int s = 0; s < splits; s++) {
                float weight = TornadoMath.exp(memory.get(scratch + s * size + dHead) - max);
                sum += weight * memory.get(scratch + s * size + dHead + 1);
                weighted += weight * memory.get(scratch + s * size + i % dHead);
            }
            memory.set(control.get(block + Join.Z) + i, sum > 0f ? weighted / sum : 0f);
        }
    }
}
