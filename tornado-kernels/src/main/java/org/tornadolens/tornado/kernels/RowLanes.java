package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Elementwise.Bias;
import org.tornadolens.tornado.kernels.Elementwise.Heads;
import org.tornadolens.tornado.kernels.Normalization.Divide;
import org.tornadolens.tornado.kernels.Normalization.Gain;
import org.tornadolens.tornado.kernels.Normalization.Scale;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** The steps of {@link Normalization} and copies of rows for devices that are CPUs: an item takes a row. */
public final class RowLanes {

    private RowLanes() {}

    public static void normScale(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Scale.ROWS), width = control.get(block + Scale.WIDTH);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            float sum = dot(memory, control.get(block + Scale.X) + row * width,
                    control.get(block + Scale.X) + row * width, width);
            memory.set(control.get(block + Scale.OUT) + row,
                    TornadoMath.sqrt(sum / width + memory.get(control.get(block + Scale.EPS))));
        }
    }

    public static void divide(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Divide.ROWS), width = control.get(block + Divide.WIDTH);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            float inverse = 1f / memory.get(control.get(block + Divide.SCALE) + row);
            scaled(memory, control.get(block + Divide.X) + row * width, inverse, width,
                    control.get(block + Divide.OUT) + row * width);
        }
    }

    public static void gain(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Gain.ROWS), width = control.get(block + Gain.WIDTH),
                gain = control.get(block + Gain.GAIN),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Gain.X) + row * width, out = control.get(block + Gain.OUT) + row * width;
            for (int i = 0; i < vectors; i += Lanes.COUNT)
                Lanes.store(memory, out + i, Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i)));
            for (int i = vectors; i < width; i++) memory.set(out + i, memory.get(x + i) * memory.get(gain + i));
        }
    }

    /** Computes {@link Elementwise#bias}. */
    public static void bias(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Bias.ROWS), width = control.get(block + Bias.WIDTH),
                bias = control.get(block + Bias.BIAS);
        int vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Bias.X) + row * width, out = control.get(block + Bias.OUT) + row * width;
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Lanes.store(memory, out + i, Float16.add(Lanes.f32(memory, x + i), Lanes.f32(memory, bias + i)));
            }
            for (int i = vectors; i < width; i++) memory.set(out + i, memory.get(x + i) + memory.get(bias + i));
        }
    }

    /** Computes {@link Elementwise#repeat}. */
    public static void repeat(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int heads = control.get(block + Heads.HEADS), width = control.get(block + Heads.WIDTH),
                n = control.get(block + Heads.ROWS) * heads;
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            scaled(memory, control.get(block + Heads.X) + i / heads * width, 1f, width,
                    control.get(block + Heads.OUT) + i * width);
        }
    }

    /** Computes {@link Elementwise#sumHeads}. */
    public static void sumHeads(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Heads.ROWS), heads = control.get(block + Heads.HEADS),
                width = control.get(block + Heads.WIDTH),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Heads.X) + row * heads * width,
                    out = control.get(block + Heads.OUT) + row * width;
            for (int c = 0; c < vectors; c += Lanes.COUNT) {
                int at = x + c;
                Float16 sum = Lanes.zero();
                for (int head = 0; head < heads; head++) {
                    sum = Float16.add(sum, Lanes.f32(memory, at));
                    at += width;
                }
                Lanes.store(memory, out + c, sum);
            }
            for (int c = vectors; c < width; c++) {
                float sum = 0f;
                for (int head = 0; head < heads; head++) sum += memory.get(x + head * width + c);
                memory.set(out + c, sum);
            }
        }
    }

    // ---- helpers for rows in the device's memory

    static float dot(FloatArray memory, int x, int y, int n) {
        int vectors = n - n % (2 * Lanes.COUNT);
        // two chains of sums, so that each waits less for its last one
        Float16 even = Lanes.zero(), odd = Lanes.zero();
        for (int i = 0; i < vectors; i += 2 * Lanes.COUNT) {
            even = Float16.add(even, Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, y + i)));
            odd = Float16.add(odd,
                    Float16.mult(Lanes.f32(memory, x + i + Lanes.COUNT), Lanes.f32(memory, y + i + Lanes.COUNT)));
        }
        float sum = Lanes.sum(Float16.add(even, odd));
        for (int i = vectors; i < n; i++) sum += memory.get(x + i) * memory.get(y + i);
        return sum;
    }

    static void scaled(FloatArray memory, int x, float factor, int n, int out) {
        int vectors = n - n % Lanes.COUNT;
        for (int i = 0; i < vectors; i += Lanes.COUNT)
            Lanes.store(memory, out + i, Lanes.times(Lanes.f32(memory, x + i), factor));
        for (int i = vectors; i < n; i++) memory.set(out + i, memory.get(x + i) * factor);
    }

    static float max(FloatArray memory, int x, int n) {
        int vectors = n - n % Lanes.COUNT;
        Float16 largest = Lanes.all(-3e38f);
        for (int i = 0; i < vectors; i += Lanes.COUNT) largest = Float16.max(largest, Lanes.f32(memory, x + i));
        float max = Lanes.max(largest);
        for (int i = vectors; i < n; i++) max = Math.max(max, memory.get(x + i));
        return max;
    }

    /** Returns Σ e^(x - max). */
    static float exponentials(FloatArray memory, int x, float max, int n) {
        int vectors = n - n % Lanes.COUNT;
        Float16 sums = Lanes.zero();
        for (int i = 0; i < vectors; i += Lanes.COUNT)
            sums = Float16.add(sums, Lanes.exp(Lanes.minus(Lanes.f32(memory, x + i), max)));
        float sum = Lanes.sum(sums);
        for (int i = vectors; i < n; i++) sum += TornadoMath.exp(memory.get(x + i) - max);
        return sum;
    }
}
