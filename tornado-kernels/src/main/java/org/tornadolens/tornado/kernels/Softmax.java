package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Softmax of rows. A group takes a row and computes its maximum, so that no exponential overflows, then the
 * exponentials and their sum, then the quotients. A row of nothing but -infinity becomes zeros.
 */
public final class Softmax {

    private static final int ITEMS = 256;        // of a group at most
    private static final float MASKED = -1e30f;  // less than any score

    private Softmax() {}

    /** Arguments of {@link #rows}: x and out [rows, width]. */
    public interface SoftmaxRows {
        int X = 1, ROWS = 2, WIDTH = 3, OUT = 4;
    }

    public static void rows(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + SoftmaxRows.ROWS), width = control.get(block + SoftmaxRows.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + SoftmaxRows.X) + row * width,
                    out = control.get(block + SoftmaxRows.OUT) + row * width;
            float max = MASKED;
            for (int i = item; i < width; i += items) max = Math.max(max, memory.get(x + i));
            partial[item] = max;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] = Math.max(partial[item], partial[item + half]);
            }
            context.localBarrier();                      // every item reads the maximum
            max = partial[0];
            context.localBarrier();                      // before partial is written again
            float sum = 0f;
            for (int i = item; i < width; i += items) {
                float score = memory.get(x + i);
                float e = score > MASKED ? TornadoMath.exp(score - max) : 0f;
                memory.set(out + i, e);
                sum += e;
            }
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            context.localBarrier();
            float inverse = max > MASKED ? 1f / partial[0] : 0f;
            for (int i = item; i < width; i += items) memory.set(out + i, memory.get(out + i) * inverse);
            context.localBarrier();
        }
    }
}
