package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The backward pass of metrics, from one number per row to its logits; the output may overwrite the logits. An item
 * takes a row.
 *
 * <pre>
 *   logits [rows, width] --> log Σ e^logit [rows] --> e^(logit - log Σ) = softmax --> gradient
 * </pre>
 */
public final class MetricGradient {

    private static final float LEAST = -3e38f;

    private MetricGradient() {}

    /** Arguments of {@link #logSum}: out [rows]. */
    public interface LogSum {
        int X = 1, ROWS = 2, WIDTH = 3;
        /** List of where each row begins. */
        int OFFSETS = 4;
        int OUT = 5;
    }

    /** Computes log Σ e^x. */
    public static void logSum(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + LogSum.ROWS), width = control.get(block + LogSum.WIDTH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + LogSum.X) + control.get(control.get(block + LogSum.OFFSETS) + row);
            float max = RowLanes.max(memory, x, width), sum = RowLanes.exponentials(memory, x, max, width);
            memory.set(control.get(block + LogSum.OUT) + row, max + TornadoMath.log(sum));
        }
    }

    /** Arguments of {@link #logProbability}: logits and out [rows, width], dy and log sums [rows]. */
    public interface LogProbabilityBack {
        int LOGITS = 1, ROWS = 2, WIDTH = 3;
        /** List of where each row's tokens begin in the list of tokens, and one end more. */
        int SET_STARTS = 4;
        /** List of tokens. */
        int TOKENS = 5;
        /** Address of the factor. */
        int FACTOR = 6;
        int DY = 7, OUT = 8, LOG_SUMS = 9;
        /** Room for as many numbers as there are tokens. */
        int SCRATCH = 10;
    }

    /** Computes factor · dy · (softmax of all logits - softmax of the row's tokens); zeros for a row without tokens. */
    public static void logProbability(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + LogProbabilityBack.ROWS), width = control.get(block + LogProbabilityBack.WIDTH),
                vectors = width - width % Lanes.COUNT,
                tokens = control.get(block + LogProbabilityBack.TOKENS),
                shares = control.get(block + LogProbabilityBack.SCRATCH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + LogProbabilityBack.LOGITS) + row * width,
                    out = control.get(block + LogProbabilityBack.OUT) + row * width;
            int from = control.get(control.get(block + LogProbabilityBack.SET_STARTS) + row),
                    to = control.get(control.get(block + LogProbabilityBack.SET_STARTS) + row + 1);
            float weight =
                    from == to ? 0f
                            : memory.get(control.get(block + LogProbabilityBack.DY) + row)
                                    * memory.get(control.get(block + LogProbabilityBack.FACTOR)),
                    logSum = memory.get(control.get(block + LogProbabilityBack.LOG_SUMS) + row);
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

    /** Arguments of {@link #divergence}: dy and log sums [pairs]. */
    public interface DivergenceBack {
        int X = 1, PAIRS = 2, WIDTH = 3;
        /** List of where each vector begins in x and in out. */
        int X_OFFSETS = 4;
        int Y = 5;
        /** List of where each vector begins in y. */
        int Y_OFFSETS = 6;
        int DY = 7, OUT = 8, X_LOG_SUMS = 9, Y_LOG_SUMS = 10;
    }

    /** Computes dy · (softmax of x - softmax of y). */
    public static void divergence(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + DivergenceBack.PAIRS), width = control.get(block + DivergenceBack.WIDTH),
                vectors = width - width % Lanes.COUNT;
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int offset = control.get(control.get(block + DivergenceBack.X_OFFSETS) + row),
                    x = control.get(block + DivergenceBack.X) + offset,
                    out = control.get(block + DivergenceBack.OUT) + offset;
            int y = control.get(block + DivergenceBack.Y)
                    + control.get(control.get(block + DivergenceBack.Y_OFFSETS) + row);
            float weight = memory.get(control.get(block + DivergenceBack.DY) + row),
                    ofX = memory.get(control.get(block + DivergenceBack.X_LOG_SUMS) + row),
                    ofY = memory.get(control.get(block + DivergenceBack.Y_LOG_SUMS) + row);
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

    /** Arguments of {@link #mean}: x and out [rows, width], dy [rows]. */
    public interface MeanBack {
        int X = 1, ROWS = 2, WIDTH = 3, DY = 4, OUT = 5;
    }

    /** Shares dy among the numbers of a row that are not NaN; NaN has gradient zero. */
    public static void mean(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + MeanBack.ROWS), width = control.get(block + MeanBack.WIDTH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int x = control.get(block + MeanBack.X) + row * width,
                    out = control.get(block + MeanBack.OUT) + row * width;
            float count = 0f;
            for (int i = 0; i < width; i++) {
                float value = memory.get(x + i);
                count += value == value ? 1f : 0f;
            }
            float share = memory.get(control.get(block + MeanBack.DY) + row) / Math.max(1f, count);
            for (int i = 0; i < width; i++) {
                float value = memory.get(x + i);
                memory.set(out + i, value == value ? share : 0f);
            }
        }
    }
}
