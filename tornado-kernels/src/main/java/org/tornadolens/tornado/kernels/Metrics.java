package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What a row of logits is measured by: one number a row. A group takes a row; its items go through it side by side, and
 * partial results are halved until one is left, with a barrier before each halving and before the next use of the
 * partial results.
 *
 * <pre>
 *   logits [rows, width] -> out [rows]
 * </pre>
 */
public final class Metrics {

    private static final int ITEMS = 256;   // of a group at most
    private static final float LEAST = -3e38f;

    private Metrics() {}

    /**
     * log Σ p over a set of tokens, times a factor; a row without a set becomes NaN.
     *
     * <p>Arguments: 1 logits, 2 rows, 3 width, 4 list: where each row's set begins in the list of tokens, and one end
     * more, 5 list of tokens, 6 address of the factor, 7 out, 8 address of NaN.
     */
    public static void logProbability(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), starts = control.get(block + 4),
                tokens = control.get(block + 5);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width;
            float max = LEAST;
            for (int i = item; i < width; i += items) max = Math.max(max, memory.get(x + i));
            partial[item] = max;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] = Math.max(partial[item], partial[item + half]);
            }
            context.localBarrier();
            max = partial[0];
            context.localBarrier();
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += TornadoMath.exp(memory.get(x + i) - max);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0) {
                int from = control.get(starts + row), to = control.get(starts + row + 1);
                float best = LEAST, set = 0f;
                for (int i = from; i < to; i++) best = Math.max(best, memory.get(x + control.get(tokens + i)));
                for (int i = from; i < to; i++) set += TornadoMath.exp(memory.get(x + control.get(tokens + i)) - best);
                float log = best - max + TornadoMath.log(set) - TornadoMath.log(partial[0]);
                memory.set(control.get(block + 7) + row,
                        from == to ? memory.get(control.get(block + 8)) : log * memory.get(control.get(block + 6)));
            }
            context.localBarrier();
        }
    }

    /** How many logits are greater than a token's. Arguments: 1 logits, 2 rows, 3 width, 4 list of tokens, 5 out. */
    public static void rank(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width;
            float own = memory.get(x + control.get(control.get(block + 4) + row)), greater = 0f;
            for (int i = item; i < width; i += items) greater += memory.get(x + i) > own ? 1f : 0f;
            partial[item] = greater;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0) memory.set(control.get(block + 5) + row, partial[0]);
            context.localBarrier();
        }
    }

    /** The index of the largest, the first of equals. Arguments: 1 logits, 2 rows, 3 width, 4 out. */
    public static void argMax(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        int[] where = context.allocateIntLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width;
            float best = LEAST;
            int at = width;
            for (int i = item; i < width; i += items) {
                float logit = memory.get(x + i);
                at = logit > best ? i : at;
                best = Math.max(best, logit);
            }
            partial[item] = best;
            where[item] = at;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) {
                    float other = partial[item + half];
                    boolean better =
                            other > partial[item] || (other == partial[item] && where[item + half] < where[item]);
                    where[item] = better ? where[item + half] : where[item];
                    partial[item] = Math.max(partial[item], other);
                }
            }
            if (item == 0) memory.set(control.get(block + 4) + row, (float) where[0]);
            context.localBarrier();
        }
    }

    /**
     * Inner products of pairs of vectors. Arguments: 1 x, 2 pairs, 3 width, 4 list: where each vector of x begins, 5 y,
     * 6 list: where each of y begins, 7 out.
     */
    public static void innerProducts(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + control.get(control.get(block + 4) + row),
                    y = control.get(block + 5) + control.get(control.get(block + 6) + row);
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(y + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0) memory.set(control.get(block + 7) + row, partial[0]);
            context.localBarrier();
        }
    }

    /**
     * Kullback-Leibler divergence Σ p (log p - log q), p of y, q of x, from one pass for the maxima and one for
     * Σ e^y, Σ e^x and Σ e^y (y - x), all relative to the maxima. Arguments as {@link #innerProducts}.
     */
    public static void divergence(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] ofX = context.allocateFloatLocalArray(ITEMS);
        float[] ofY = context.allocateFloatLocalArray(ITEMS);
        float[] both = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + control.get(control.get(block + 4) + row),
                    y = control.get(block + 5) + control.get(control.get(block + 6) + row);
            float maxX = LEAST, maxY = LEAST;
            for (int i = item; i < width; i += items) {
                maxX = Math.max(maxX, memory.get(x + i));
                maxY = Math.max(maxY, memory.get(y + i));
            }
            ofX[item] = maxX;
            ofY[item] = maxY;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) {
                    ofX[item] = Math.max(ofX[item], ofX[item + half]);
                    ofY[item] = Math.max(ofY[item], ofY[item + half]);
                }
            }
            context.localBarrier();
            maxX = ofX[0];
            maxY = ofY[0];
            context.localBarrier();
            float sumX = 0f, sumY = 0f, sum = 0f;
            for (int i = item; i < width; i += items) {
                float dx = memory.get(x + i) - maxX, dy = memory.get(y + i) - maxY, p = TornadoMath.exp(dy);
                sumX += TornadoMath.exp(dx);
                sumY += p;
                sum += p * (dy - dx);
            }
            ofX[item] = sumX;
            ofY[item] = sumY;
            both[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) {
                    ofX[item] += ofX[item + half];
                    ofY[item] += ofY[item + half];
                    both[item] += both[item + half];
                }
            }
            if (item == 0)
                memory.set(control.get(block + 7) + row,
                        both[0] / ofY[0] - TornadoMath.log(ofY[0]) + TornadoMath.log(ofX[0]));
            context.localBarrier();
        }
    }

    /** The mean of each row without NaN. Arguments: 1 x, 2 rows, 3 width, 4 out. */
    public static void mean(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float sum = 0f, count = 0f;
            for (int i = 0; i < width; i++) {
                float value = memory.get(control.get(block + 1) + row * width + i);
                boolean counts = value == value;
                sum += counts ? value : 0f;
                count += counts ? 1f : 0f;
            }
            memory.set(control.get(block + 4) + row, sum / count);
        }
    }
}
