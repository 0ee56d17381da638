package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Metrics: one number for each row of logits. A group takes a row; its items go through it side by side, and partial
 * results are halved until one is left, with a barrier before each halving and before the partial results are used
 * again.
 *
 * <pre>
 *   logits [rows, width] -> out [rows]
 * </pre>
 */
public final class Metrics {

    private static final int ITEMS = 256;   // of a group at most
    private static final float LEAST = -3e38f;

    private Metrics() {}

    /** Arguments of {@link #logProbability}: logits [rows, width], out [rows]. */
    public interface LogProbability {
        int LOGITS = 1, ROWS = 2, WIDTH = 3;
        /** List of where each row's set begins in the list of tokens, and one end more. */
        int SET_STARTS = 4;
        /** List of tokens. */
        int TOKENS = 5;
        /** Address of the factor. */
        int FACTOR = 6;
        int OUT = 7;
        /** Address of NaN. */
        int MISSING = 8;
    }

    /** Computes factor · log Σ p over a set of tokens; a row whose set is empty becomes NaN. */
    public static void logProbability(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + LogProbability.ROWS), width = control.get(block + LogProbability.WIDTH),
                starts = control.get(block + LogProbability.SET_STARTS),
                tokens = control.get(block + LogProbability.TOKENS);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + LogProbability.LOGITS) + row * width;
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
                memory.set(control.get(block + LogProbability.OUT) + row,
                        from == to ? memory.get(control.get(block + LogProbability.MISSING))
                                : log * memory.get(control.get(block + LogProbability.FACTOR)));
            }
            context.localBarrier();
        }
    }

    /** Arguments of {@link #rank}: logits [rows, width], out [rows]. */
    public interface Rank {
        int LOGITS = 1, ROWS = 2, WIDTH = 3;
        /** List of each row's token. */
        int TOKENS = 4;
        int OUT = 5;
    }

    /** Counts the logits that are greater than a token's. */
    public static void rank(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Rank.ROWS), width = control.get(block + Rank.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Rank.LOGITS) + row * width;
            float own = memory.get(x + control.get(control.get(block + Rank.TOKENS) + row)), greater = 0f;
            for (int i = item; i < width; i += items) greater += memory.get(x + i) > own ? 1f : 0f;
            partial[item] = greater;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0) memory.set(control.get(block + Rank.OUT) + row, partial[0]);
            context.localBarrier();
        }
    }

    /** Arguments of {@link #argMax}: logits [rows, width], out [rows]. */
    public interface ArgMax {
        int LOGITS = 1, ROWS = 2, WIDTH = 3, OUT = 4;
    }

    /** Finds the index of the largest logit, the first of equals. */
    public static void argMax(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + ArgMax.ROWS), width = control.get(block + ArgMax.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        int[] where = context.allocateIntLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + ArgMax.LOGITS) + row * width;
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
            if (item == 0) memory.set(control.get(block + ArgMax.OUT) + row, (float) where[0]);
            context.localBarrier();
        }
    }

    /** Arguments of {@link #innerProducts} and {@link #divergence}: out [pairs]. */
    public interface Pairs {
        int X = 1, PAIRS = 2, WIDTH = 3;
        /** List of where each vector of x begins. */
        int X_OFFSETS = 4;
        int Y = 5;
        /** List of where each vector of y begins. */
        int Y_OFFSETS = 6;
        int OUT = 7;
    }

    /** Computes inner products of pairs of vectors. */
    public static void innerProducts(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Pairs.PAIRS), width = control.get(block + Pairs.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Pairs.X) + control.get(control.get(block + Pairs.X_OFFSETS) + row),
                    y = control.get(block + Pairs.Y) + control.get(control.get(block + Pairs.Y_OFFSETS) + row);
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(y + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0) memory.set(control.get(block + Pairs.OUT) + row, partial[0]);
            context.localBarrier();
        }
    }

    /**
     * Computes Kullback-Leibler divergences Σ p (log p - log q), p of y, q of x, from one pass for the maxima and one
     * for Σ e^y, Σ e^x and Σ e^y (y - x), all relative to the maxima.
     */
    public static void divergence(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Pairs.PAIRS), width = control.get(block + Pairs.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] ofX = context.allocateFloatLocalArray(ITEMS);
        float[] ofY = context.allocateFloatLocalArray(ITEMS);
        float[] both = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Pairs.X) + control.get(control.get(block + Pairs.X_OFFSETS) + row),
                    y = control.get(block + Pairs.Y) + control.get(control.get(block + Pairs.Y_OFFSETS) + row);
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
                memory.set(control.get(block + Pairs.OUT) + row,
                        both[0] / ofY[0] - TornadoMath.log(ofY[0]) + TornadoMath.log(ofX[0]));
            context.localBarrier();
        }
    }

    /** Arguments of {@link #mean}: x [rows, width], out [rows]. */
    public interface Mean {
        int X = 1, ROWS = 2, WIDTH = 3, OUT = 4;
    }

    /** Computes the mean of each row, leaving out NaN. */
    public static void mean(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Mean.ROWS), width = control.get(block + Mean.WIDTH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float sum = 0f, count = 0f;
            for (int i = 0; i < width; i++) {
                float value = memory.get(control.get(block + Mean.X) + row * width + i);
                boolean counts = value == value;
                sum += counts ? value : 0f;
                count += counts ? 1f : 0f;
            }
            memory.set(control.get(block + Mean.OUT) + row, sum / count);
        }
    }
}
