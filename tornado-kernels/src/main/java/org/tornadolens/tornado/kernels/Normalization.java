package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * RMSNorm (Zhang and Sennrich 2019), in three steps where something reads the values between them, else in one.
 *
 * <pre>
 *   x [rows, width] -> scale [rows] = sqrt(mean(x^2) + eps) -> x / scale -> · gain [width]
 * </pre>
 *
 * A group takes a row at a time: its items add up squares side by side, then halve the number of partial sums until one
 * is left. A barrier comes before each halving, since it reads what other items wrote, and before the next row, since
 * that writes the partial sums anew.
 */
public final class Normalization {

    /** The most items of a group. */
    static final int ITEMS = 256;

    private Normalization() {}

    /** Arguments of {@link #scale}. */
    public interface Scale {
        int X = 1, ROWS = 2, WIDTH = 3;
        /** Address of eps. */
        int EPS = 4;
        int OUT = 5;
    }

    /** Computes the root of the mean square of each row: out [rows] = sqrt(mean(x²) + eps). */
    public static void scale(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Scale.ROWS), width = control.get(block + Scale.WIDTH);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Scale.X) + row * width;
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(x + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            if (item == 0)
                memory.set(control.get(block + Scale.OUT) + row,
                        TornadoMath.sqrt(partial[0] / width + memory.get(control.get(block + Scale.EPS))));
            context.localBarrier();
        }
    }

    /** Arguments of {@link #divide}: x and out [rows, width], scale [rows]. */
    public interface Divide {
        int X = 1, ROWS = 2, WIDTH = 3, SCALE = 4, OUT = 5;
    }

    /** Divides each row by its scale: out = x / scale. */
    public static void divide(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Divide.X), width = control.get(block + Divide.WIDTH),
                scale = control.get(block + Divide.SCALE),
                out = control.get(block + Divide.OUT);
        int n = control.get(block + Divide.ROWS) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) / memory.get(scale + i / width));
        }
    }

    /** Arguments of {@link #gain}: x and out [rows, width], gain [width]. */
    public interface Gain {
        int X = 1, ROWS = 2, WIDTH = 3, GAIN = 4, OUT = 5;
    }

    /** Multiplies each row by the gain: out = x · gain. */
    public static void gain(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Gain.X), width = control.get(block + Gain.WIDTH),
                gain = control.get(block + Gain.GAIN),
                out = control.get(block + Gain.OUT);
        int n = control.get(block + Gain.ROWS) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) * memory.get(gain + i % width));
        }
    }

    /** Arguments of {@link #rms}: x and out [rows, width], gain [width]. */
    public interface Rms {
        int X = 1, ROWS = 2, WIDTH = 3;
        /** Address of eps. */
        int EPS = 4;
        int OUT = 5, GAIN = 6;
    }

    /** Takes all three steps. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Rms.ROWS), width = control.get(block + Rms.WIDTH),
                gain = control.get(block + Rms.GAIN);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Rms.X) + row * width, out = control.get(block + Rms.OUT) + row * width;
            float sum = 0f;
            for (int i = item; i < width; i += items) sum += memory.get(x + i) * memory.get(x + i);
            partial[item] = sum;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) partial[item] += partial[item + half];
            }
            context.localBarrier();
            float inverse = 1f / TornadoMath.sqrt(partial[0] / width + memory.get(control.get(block + Rms.EPS)));
            for (int i = item; i < width; i += items)
                memory.set(out + i, memory.get(x + i) * inverse * memory.get(gain + i));
            context.localBarrier();
        }
    }
}
