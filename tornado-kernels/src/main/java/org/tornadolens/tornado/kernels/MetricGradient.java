package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The backward pass of metrics, from one number a row to its logits; the output may lie over the logits. An item takes a
 * row.
 *
 * <pre>
 *   logits [rows, width] --> log Σ e^logit [rows] --> e^(logit - log Σ) = softmax --> gradient
 * </pre>
 */
public final class MetricGradient {

    private static final float LEAST = -3e38f;

    private MetricGradient() {}

    /** log Σ e^x. Arguments: 1 x, 2 rows, 3 width, 4 list: where each row begins, 5 out [rows]. */
    public static void logSum(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + 1) + control.get(control.get(block + 4) + row);
            float max = RowLanes.max(memory, x, width), sum = RowLanes.exponentials(memory, x, max, width);
            memory.set(control.get(block + 5) + row, max + TornadoMath.log(sum));
        }
    }

    /**
     * factor · dy · (softmax among all - softmax among a row's tokens); zeros for a row without any. Arguments: 1 logits,
     * 2 rows, 3 width, 4 list: where each row's tokens begin in the next, and one end more, 5 list of tokens, 6 address of
     * the factor, 7 dy [rows], 8 out, 9 log sums [rows], 10 room for as many numbers as there are tokens.
     */
    public static void logProbability(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), vectors = width - width % Lanes.COUNT,
                tokens = control.get(block + 5), shares = control.get(block + 10);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + 1) + row * width, out = control.get(block + 8) + row * width;
            int from = control.get(control.get(block + 4) + row), to = control.get(control.get(block + 4) + row + 1);
            float weight =
                    from == to ? 0f : memory.get(control.get(block + 7) + row) * memory.get(control.get(block + 6)),
                    logSum = memory.get(control.get(block + 9) + row);
            float best = LEAST, set = 0f;
            for (int i = from; i < to; i++) best = Math.max(best, memory.get(x + control.get(tokens + i)));
            for (int i = from; i < to; i++) {
                float e = TornadoMath.exp(memory.get(x + control.get(tokens + i)) - best);
                memory.set(shares + i, e);
                set += e;
            }
            for (int i = 0; i < vectors; i += Lanes.COUNT)
                Lanes.store(memory, out + i,
                        Lanes.times(Lanes.exp(Lanes.minus(Lanes.f32(memory, x + i), logSum)), weight));
            for (int i = vectors; i < width; i++)
                memory.set(out + i, weight * TornadoMath.exp(memory.get(x + i) - logSum));
            for (int i = from; i < to; i++) {
                int at = out + control.get(tokens + i);
                memory.set(at, memory.get(at) - weight * memory.get(shares + i) / set);
            }
        }
    }

    /**
     * dy · (softmax of x - softmax of y). Arguments: 1 x, 2 pairs, 3 width, 4 list of offsets in x and out, 5 y, 6 list of
     * offsets in y, 7 dy, 8 out, 9 log sums of x, 10 of y.
     */
    public static void divergence(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), vectors = width - width % Lanes.COUNT;
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int offset = control.get(control.get(block + 4) + row), x = control.get(block + 1) + offset,
                    out = control.get(block + 8) + offset;
            int y = control.get(block + 5) + control.get(control.get(block + 6) + row);
            float weight = memory.get(control.get(block + 7) + row), ofX = memory.get(control.get(block + 9) + row),
                    ofY = memory.get(control.get(block + 10) + row);
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 p = Lanes.exp(Lanes.minus(Lanes.f32(memory, x + i), ofX)),
                        q = Lanes.exp(Lanes.minus(Lanes.f32(memory, y + i), ofY));
                Lanes.store(memory, out + i, Lanes.times(Float16.sub(p, q), weight));
            }
            for (int i = vectors; i < width; i++)
                memory.set(out + i,
                        weight * (TornadoMath.exp(memory.get(x + i) - ofX) - TornadoMath.exp(memory.get(y + i) - ofY)));
        }
    }

    /** dy / the numbers of the row that are none; zero where x is NaN. Arguments: 1 x, 2 rows, 3 width, 4 dy [rows], 5 out. */
    public static void mean(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + 1) + row * width, out = control.get(block + 5) + row * width;
            float count = 0f;
            for (int i = 0; i < width; i++) {
                float value = memory.get(x + i);
                count += value == value ? 1f : 0f;
            }
            float share = memory.get(control.get(block + 4) + row) / Math.max(1f, count);
            for (int i = 0; i < width; i++) {
                float value = memory.get(x + i);
                memory.set(out + i, value == value ? share : 0f);
            }
        }
    }
}
