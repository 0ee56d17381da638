package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Metrics.LogProbability;
import org.tornadolens.tornado.kernels.Metrics.Pairs;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** Kernels of {@link Metrics} for devices that are CPUs: an item takes a row. */
public final class MetricsLanes {

    private static final float LEAST = -3e38f;

    private MetricsLanes() {}

    public static void logProbability(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + LogProbability.ROWS), width = control.get(block + LogProbability.WIDTH),
                starts = control.get(block + LogProbability.SET_STARTS),
                tokens = control.get(block + LogProbability.TOKENS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + LogProbability.LOGITS) + row * width, from = control.get(starts + row),
                    to = control.get(starts + row + 1);
            float max = RowLanes.max(memory, x, width), sum = RowLanes.exponentials(memory, x, max, width),
                    best = LEAST, set = 0f;
            for (int i = from; i < to; i++) best = Math.max(best, memory.get(x + control.get(tokens + i)));
            for (int i = from; i < to; i++) set += TornadoMath.exp(memory.get(x + control.get(tokens + i)) - best);
            float log = best - max + TornadoMath.log(set) - TornadoMath.log(sum);
            memory.set(control.get(block + LogProbability.OUT) + row,
                    from == to ? memory.get(control.get(block + LogProbability.MISSING))
                            : log * memory.get(control.get(block + LogProbability.FACTOR)));
        }
    }

    public static void divergence(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Pairs.PAIRS), width = control.get(block + Pairs.WIDTH),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Pairs.X) + control.get(control.get(block + Pairs.X_OFFSETS) + row),
                    y = control.get(block + Pairs.Y) + control.get(control.get(block + Pairs.Y_OFFSETS) + row);
            float maxX = RowLanes.max(memory, x, width), maxY = RowLanes.max(memory, y, width);
            float sumX = RowLanes.exponentials(memory, x, maxX, width),
                    sumY = RowLanes.exponentials(memory, y, maxY, width);
            Float16 weighted = Lanes.zero();
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 dx = Lanes.minus(Lanes.f32(memory, x + i), maxX),
                        dy = Lanes.minus(Lanes.f32(memory, y + i), maxY);
                weighted = Float16.add(weighted, Float16.mult(Lanes.exp(dy), Float16.sub(dy, dx)));
            }
            float sum = Lanes.sum(weighted);
            for (int i = vectors; i < width; i++) {
                float dx = memory.get(x + i) - maxX, dy = memory.get(y + i) - maxY;
                sum += TornadoMath.exp(dy) * (dy - dx);
            }
            memory.set(control.get(block + Pairs.OUT) + row,
                    sum / sumY - TornadoMath.log(sumY) + TornadoMath.log(sumX));
        }
    }

    public static void innerProducts(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Pairs.PAIRS), width = control.get(block + Pairs.WIDTH);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Pairs.X) + control.get(control.get(block + Pairs.X_OFFSETS) + row),
                    y = control.get(block + Pairs.Y) + control.get(control.get(block + Pairs.Y_OFFSETS) + row);
            float sum = RowLanes.dot(memory, x, y, width);
            memory.set(control.get(block + Pairs.OUT) + row, sum);
        }
    }
}
