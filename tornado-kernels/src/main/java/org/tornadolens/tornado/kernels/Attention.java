package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention step by step, for runs that look at scores or pattern, or change them.
 *
 * <pre>
 *   q [batch, pos, head, dHead] --+
 *                                 +--> scores [batch, head, pos, key] --> pattern --+
 *   k [batch, key, kvHead, dHead] +                                                +--> z [batch, pos, head, dHead]
 *   v [batch, key, kvHead, dHead] -------------------------------------------------+
 * </pre>
 *
 * Keys and values have room between batch rows where they lie in a past. Grouped queries: head h reads kvHead
 * h / (heads / kvHeads).
 *
 * <p>Arguments: 1 q, 2 k, 3 v, 4 scores or pattern, 5 z, 6 batch, 7 pos, 8 keys, 9 heads, 10 kvHeads, 11 dHead,
 * 12 elements from one batch row of keys to the next, 13 list: padding of each row, 14 address of -infinity, 15 heads from
 * one position of z to the next, 16 which scores: {@link #SCALED}, {@link #RAW} or {@link #SEEN}, 17 one where the pattern
 * is known to be zero for keys that the query does not see but for padding, else zero, 18 how many of the latest keys a
 * query sees, all or its window.
 */
public final class Attention {

    /** Scores as attention has them; inner products of every query and key; and those alone of what a query sees. */
    public static final int SCALED = 0, RAW = 1, SEEN = 2;

    private Attention() {}

    /** q · kᵀ / sqrt(dHead); -infinity, or what else 14 points to, where the query does not see the key. */
    public static void scores(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 7), keys = control.get(block + 8), heads = control.get(block + 9),
                kvHeads = control.get(block + 10), dHead = control.get(block + 11);
        int mode = control.get(block + 16), masks = mode == RAW ? 0 : 1, behind = keys - pos + (1 - masks) * keys;   // of a raw score nothing is masked
        int window = control.get(block + 18);
        float scale = mode == SCALED ? 1f / TornadoMath.sqrt((float) dHead) : 1f;
        int n = control.get(block + 6) * heads * pos * keys;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int key = i % keys, t = i / keys % pos, head = i / keys / pos % heads, b = i / keys / pos / heads;
            int hidden = Math.max(control.get(control.get(block + 13) + b), keys - pos + t + 1 - window) * masks;
            boolean seen = key <= behind + t && key >= hidden;
            int q = control.get(block + 1) + ((b * pos + t) * heads + head) * dHead;
            int k = control.get(block + 2) + b * control.get(block + 12)
                    + (key * kvHeads + head * kvHeads / heads) * dHead;
            float sum = 0f;
            int width = seen ? dHead : 0;
            for (int c = 0; c < width; c++) sum += memory.get(q + c) * memory.get(k + c);
            memory.set(control.get(block + 4) + i, seen ? sum * scale : memory.get(control.get(block + 14)));
        }
    }

    /** Values weighted by the pattern. */
    public static void mixture(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 7), keys = control.get(block + 8), heads = control.get(block + 9),
                kvHeads = control.get(block + 10), dHead = control.get(block + 11);
        int n = control.get(block + 6) * pos * heads * dHead;
        int causal = control.get(block + 17), window = control.get(block + 18);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int c = i % dHead, head = i / dHead % heads, t = i / dHead / heads % pos, b = i / dHead / heads / pos;
            int pattern = control.get(block + 4) + ((b * heads + head) * pos + t) * keys;
            int v = control.get(block + 3) + b * control.get(block + 12) + head * kvHeads / heads * dHead + c,
                    stride = kvHeads * dHead;
            int after = keys - pos + t + 1, from = causal * Math.max(0, after - window);
            int to = causal == 1 ? after : keys;
            float sum = 0f;
            for (int key = from; key < to; key++) sum += memory.get(pattern + key) * memory.get(v + key * stride);
            memory.set(control.get(block + 5) + ((b * pos + t) * control.get(block + 15) + head) * dHead + c, sum);
        }
    }
}
