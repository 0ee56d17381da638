package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * RMSNorm (Zhang and Sennrich 2019), in three steps when somebody looks between them, else in one.
 *
 * <pre>
 *   x [rows, width] -> scale [rows] = sqrt(mean(x^2) + eps) -> x / scale -> · gain [width]
 * </pre>
 *
 * A group takes a row at a time: its items add up squares side by side, then halve the number of partial sums until one
 * is left. A barrier before each halving, since it reads what other items wrote, and one before the next row, since that
 * writes the partial sums anew.
 */
public final class Normalization {

    /** Items of a group at most. */
    static final int ITEMS = 256;

    private Normalization() {}

    /** Arguments: 1 x, 2 rows, 3 width, 4 address of eps, 5 out. */
    public static void scale(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width;
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(x + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0)
                memory.set(control.get(block + 5) + row,
                        TornadoMath.sqrt(partial[0] / width + memory.get(control.get(block + 4))));
            context.localBarrier();
        }
    }

    /** x / scale. Arguments: 1 x, 2 rows, 3 width, 4 scale, 5 out. */
    public static void divide(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), width = control.get(block + 3), scale = control.get(block + 4),
                out = control.get(block + 5);
        int n = control.get(block + 2) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) / memory.get(scale + i / width));
        }
    }

    /** x · gain. Arguments: 1 x, 2 rows, 3 width, 4 gain, 5 out. */
    public static void gain(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), width = control.get(block + 3), gain = control.get(block + 4),
                out = control.get(block + 5);
        int n = control.get(block + 2) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) * memory.get(gain + i % width));
        }
    }

    /** All three. Arguments: 1 x, 2 rows, 3 width, 4 address of eps, 5 out, 6 gain. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), gain = control.get(block + 6);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width, out = control.get(block + 5) + row * width;
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(x + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            context.localBarrier();
            float inverse = 1f / TornadoMath.sqrt(partial[0] / width + memory.get(control.get(block + 4)));
            for (int i = item; i < width; i += items)
                memory.set(out + i, memory.get(x + i) * inverse * memory.get(gain + i));
            context.localBarrier();
        }
    }
}
