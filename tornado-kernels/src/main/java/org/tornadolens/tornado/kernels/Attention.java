package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention step by step, for runs that keep or change scores or pattern.
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
 */
public final class Attention {

    /** Scores as attention defines them, scaled and masked. */
    public static final int SCALED = 0;
    /** Inner products of every query with every key. */
    public static final int RAW = 1;
    /** Inner products of every query with the keys it sees. */
    public static final int SEEN = 2;

    /** Arguments of all kernels of attention. */
    public interface Shape {
        int BATCH = 1, POS = 2, KEYS = 3, HEADS = 4, KV_HEADS = 5, D_HEAD = 6;
        /** Elements from one batch row of keys or values to the next. */
        int KEY_STRIDE = 7;
        /** List of each batch row's padding. */
        int PADDING = 8;
        /** Number of latest keys that a query sees, which is all of them without a window. */
        int WINDOW = 9;
    }

    private Attention() {}

    /**
     * Arguments of {@link #scores}: q [batch, pos, head, dHead], k [batch, key, kvHead, dHead],
     * scores [batch, head, pos, key].
     */
    public interface Scores extends Shape {
        int Q = 10, K = 11, SCORES = 12;
        /** Address of the number for keys that a query does not see. */
        int MASKED = 13;
        /** {@link #SCALED}, {@link #RAW} or {@link #SEEN}. */
        int MODE = 14;
    }

    /** Computes q · kᵀ / sqrt(dHead), or what else the mode says. */
    public static void scores(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Scores.POS), keys = control.get(block + Scores.KEYS),
                heads = control.get(block + Scores.HEADS),
                kvHeads = control.get(block + Scores.KV_HEADS), dHead = control.get(block + Scores.D_HEAD);
        int mode = control.get(block + Scores.MODE), masks = mode == RAW ? 0 : 1,
                behind = keys - pos + (1 - masks) * keys;   // raw scores are not masked
        int window = control.get(block + Scores.WINDOW);
        float scale = mode == SCALED ? 1f / TornadoMath.sqrt((float) dHead) : 1f;
        int n = control.get(block + Scores.BATCH) * heads * pos * keys;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int key = i % keys, t = i / keys % pos, head = i / keys / pos % heads, b = i / keys / pos / heads;
            int hidden =
                    Math.max(control.get(control.get(block + Scores.PADDING) + b), keys - pos + t + 1 - window) * masks;
            boolean seen = key <= behind + t && key >= hidden;
            int q = control.get(block + Scores.Q) + ((b * pos + t) * heads + head) * dHead;
            int k = control.get(block + Scores.K) + b * control.get(block + Scores.KEY_STRIDE)
                    + (key * kvHeads + head * kvHeads / heads) * dHead;
            float sum = 0f;
            int width = seen ? dHead : 0;
            for (int c = 0; c < width; c++) sum += memory.get(q + c) * memory.get(k + c);
            memory.set(control.get(block + Scores.SCORES) + i,
                    seen ? sum * scale : memory.get(control.get(block + Scores.MASKED)));
        }
    }

    /**
     * Arguments of {@link #mixture}: pattern [batch, head, pos, key], v [batch, key, kvHead, dHead],
     * z [batch, pos, head, dHead].
     */
    public interface Mix extends Shape {
        int PATTERN = 10, V = 11, Z = 12;
        /** Heads from one position of z to the next. */
        int Z_STRIDE = 13;
        /** One where the pattern is known to be zero for keys outside a query's window, else zero. */
        int CAUSAL = 14;
    }

    /** Computes z, the sum of values weighted by the pattern. */
    public static void mixture(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Mix.POS), keys = control.get(block + Mix.KEYS),
                heads = control.get(block + Mix.HEADS),
                kvHeads = control.get(block + Mix.KV_HEADS), dHead = control.get(block + Mix.D_HEAD);
        int n = control.get(block + Mix.BATCH) * pos * heads * dHead;
        int causal = control.get(block + Mix.CAUSAL), window = control.get(block + Mix.WINDOW);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int c = i % dHead, head = i / dHead % heads, t = i / dHead / heads % pos, b = i / dHead / heads / pos;
            int pattern = control.get(block + Mix.PATTERN) + ((b * heads + head) * pos + t) * keys;
            int v = control.get(block + Mix.V) + b * control.get(block + Mix.KEY_STRIDE)
                    + head * kvHeads / heads * dHead + c,
                    stride = kvHeads * dHead;
            int after = keys - pos + t + 1, from = causal * Math.max(0, after - window);
            int to = causal == 1 ? after : keys;
            float sum = 0f;
            for (int key = from; key < to; key++) sum += memory.get(pattern + key) * memory.get(v + key * stride);
            memory.set(
                    control.get(block + Mix.Z) + ((b * pos + t) * control.get(block + Mix.Z_STRIDE) + head) * dHead + c,
                    sum);
        }
    }
}
