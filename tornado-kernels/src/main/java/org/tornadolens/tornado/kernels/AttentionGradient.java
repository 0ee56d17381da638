package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The backward pass of attention by keys and by values. By queries it is the weighted sum that attention itself ends in
 * ({@link Attention#mixture}), and by the pattern it is scores without scale and mask. There is no past.
 */
public final class AttentionGradient {

    private AttentionGradient() {}

    /** Arguments of {@link #keys}. */
    public interface Keys extends Attention.Shape {
        int X = 10, WEIGHTS = 11, OUT = 12;
        /** Heads from one position of out to the next. */
        int OUT_STRIDE = 13;
        /** One where weights are known to be zero for keys outside a query's window, else zero. */
        int CAUSAL = 14;
    }

    /**
     * Sums over queries, and over the heads that share a key's: out [batch, key, kvHead, dHead] =
     * Σ weight [batch, head, pos, key] · x [batch, pos, head, dHead]. A tile has 16 coordinates of eight keys; sums of
     * keys beyond the row are left out.
     */
    public static void keys(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Keys.POS), keys = control.get(block + Keys.KEYS),
                heads = control.get(block + Keys.HEADS),
                kvHeads = control.get(block + Keys.KV_HEADS), dHead = control.get(block + Keys.D_HEAD);
        int group = heads / Math.max(1, kvHeads), blocks = (keys + 7) / 8,
                pieces = (dHead + Lanes.COUNT - 1) / Lanes.COUNT,
                n = control.get(block + Keys.BATCH) * kvHeads * blocks * pieces,
                next = control.get(block + Keys.OUT_STRIDE) * dHead;
        for (int task = Block.from(context, n), end = Block.to(context, n); task < end; task += Block.step(context)) {
            int c = task % pieces * Lanes.COUNT, key = task / pieces % blocks * 8,
                    kvHead = task / pieces / blocks % kvHeads, b = task / pieces / blocks / kvHeads, last = keys - 1;
            int out = control.get(block + Keys.OUT) + (b * keys + key) * next + kvHead * dHead + c;
            // from the first query that sees any of these keys
            int causal = control.get(block + Keys.CAUSAL), from = causal == 1 ? Math.max(0, key - (keys - pos)) : 0;
            int after = key + 7 - (keys - pos) + control.get(block + Keys.WINDOW),
                    to = causal == 1 ? Math.min(pos, after) : pos;
            if (c + Lanes.COUNT <= dHead) {
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(), s4 = Lanes.zero(),
                        s5 = Lanes.zero(), s6 = Lanes.zero(), s7 = Lanes.zero();
                for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
                    int x = control.get(block + Keys.X) + ((b * pos + from) * heads + head) * dHead + c,
                            weights =
                                    control.get(block + Keys.WEIGHTS) + ((b * heads + head) * pos + from) * keys + key;
                    for (int t = from; t < to; t++) {
                        Float16 v = Lanes.f32(memory, x);
                        s0 = Float16.add(s0, Lanes.times(v, memory.get(weights)));
                        s1 = Float16.add(s1, Lanes.times(v, memory.get(weights + 1)));
                        s2 = Float16.add(s2, Lanes.times(v, memory.get(weights + 2)));
                        s3 = Float16.add(s3, Lanes.times(v, memory.get(weights + 3)));
                        s4 = Float16.add(s4, Lanes.times(v, memory.get(weights + 4)));
                        s5 = Float16.add(s5, Lanes.times(v, memory.get(weights + 5)));
                        s6 = Float16.add(s6, Lanes.times(v, memory.get(weights + 6)));
                        s7 = Float16.add(s7, Lanes.times(v, memory.get(weights + 7)));
                        weights += keys;
                        x += heads * dHead;
                    }
                }
                Lanes.store(memory, out, s0);
                if (key + 1 < keys) Lanes.store(memory, out + next, s1);
                if (key + 2 < keys) Lanes.store(memory, out + 2 * next, s2);
                if (key + 3 < keys) Lanes.store(memory, out + 3 * next, s3);
                if (key + 4 < keys) Lanes.store(memory, out + 4 * next, s4);
                if (key + 5 < keys) Lanes.store(memory, out + 5 * next, s5);
                if (key + 6 < keys) Lanes.store(memory, out + 6 * next, s6);
                if (key + 7 < keys) Lanes.store(memory, out + 7 * next, s7);
            } else {
                int some = Math.min(8, keys - key) * (dHead - c);
                for (int j = 0; j < some; j++) {
                    int own = j / (dHead - c), rest = j % (dHead - c);
                    float sum = 0f;
                    for (int i = 0; i < group * pos; i++) {
                        int head = kvHead * group + i / pos, t = i % pos;
                        sum += memory.get(
                                control.get(block + Keys.WEIGHTS) + ((b * heads + head) * pos + t) * keys + key + own)
                                * memory.get(
                                        control.get(block + Keys.X) + ((b * pos + t) * heads + head) * dHead + c
                                                + rest);
                    }
                    memory.set(out + own * next + rest, sum);
                }
            }
        }
    }

    /** Arguments of {@link #visible}: both [batch, head, pos, key]. */
    public interface Visible extends Attention.Shape {
        int GRADIENT = 10, OUT = 11;
    }

    /** Scales the gradient of scores, and makes it zero where the key is masked: weights for queries and keys. */
    public static void visible(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Visible.POS), keys = control.get(block + Visible.KEYS),
                heads = control.get(block + Visible.HEADS),
                rows = control.get(block + Visible.BATCH) * heads * pos;
        float scale = 1f / TornadoMath.sqrt((float) control.get(block + Visible.D_HEAD));
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int t = row % pos, padding = control.get(control.get(block + Visible.PADDING) + row / pos / heads),
                    from = control.get(block + Visible.GRADIENT) + row * keys,
                    out = control.get(block + Visible.OUT) + row * keys;
            int hidden = Math.max(padding, keys - pos + t + 1 - control.get(block + Visible.WINDOW));
            for (int key = 0; key < keys; key++) {
                boolean seen = key <= keys - pos + t && key >= hidden;
                memory.set(out + key, seen ? memory.get(from + key) * scale : 0f);
            }
        }
    }
}
