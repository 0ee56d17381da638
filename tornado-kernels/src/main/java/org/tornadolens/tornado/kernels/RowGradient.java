package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The backward pass of RMSNorm, SwiGLU and softmax: an item takes a row, or a piece of a flat value. The output may
 * overwrite the gradient that comes in.
 */
public final class RowGradient {

    private RowGradient() {}

    /** Arguments of {@link #normScale}: x and out [rows, width], scale and dy [rows]. */
    public interface NormScaleBack {
        int X = 1, ROWS = 2, WIDTH = 3, SCALE = 4, DY = 5, OUT = 6;
    }

    /** Computes dx = dy · x / (width · scale). */
    public static void normScale(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + NormScaleBack.ROWS), width = control.get(block + NormScaleBack.WIDTH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float factor =
                    memory.get(control.get(block + NormScaleBack.DY) + row)
                            / (width * memory.get(control.get(block + NormScaleBack.SCALE) + row));
            RowLanes.scaled(memory, control.get(block + NormScaleBack.X) + row * width, factor, width,
                    control.get(block + NormScaleBack.OUT) + row * width);
        }
    }

    /** Arguments of {@link #divide}: dy and x [rows, width], scale and out [rows]. */
    public interface NormalizeBack {
        int DY = 1, ROWS = 2, WIDTH = 3, X = 4, SCALE = 5, OUT = 6;
    }

    /** Computes -Σ dy · x / scale². */
    public static void divide(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + NormalizeBack.ROWS), width = control.get(block + NormalizeBack.WIDTH);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float scale = memory.get(control.get(block + NormalizeBack.SCALE) + row), sum = RowLanes.dot(memory,
                    control.get(block + NormalizeBack.DY) + row * width,
                    control.get(block + NormalizeBack.X) + row * width, width);
            memory.set(control.get(block + NormalizeBack.OUT) + row, -sum / (scale * scale));
        }
    }

    /** Arguments of {@link #rms}: dy, x and out [rows, width], gain [width]. */
    public interface RmsNormBack {
        int DY = 1, ROWS = 2, WIDTH = 3, X = 4, GAIN = 5;
        /** Address of eps. */
        int EPS = 6;
        int OUT = 7;
    }

    /** Computes (dy · gain - x · Σ dy · gain · x / (width · scale²)) / scale. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + RmsNormBack.ROWS), width = control.get(block + RmsNormBack.WIDTH),
                gain = control.get(block + RmsNormBack.GAIN),
                vectors = width - width % Lanes.COUNT;
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int dy = control.get(block + RmsNormBack.DY) + row * width,
                    x = control.get(block + RmsNormBack.X) + row * width,
                    out = control.get(block + RmsNormBack.OUT) + row * width;
            float squares = RowLanes.dot(memory, x, x, width),
                    inverse = 1f / TornadoMath.sqrt(squares / width + memory.get(control.get(block + RmsNormBack.EPS)));
            Float16 products = Lanes.zero();
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                products = Float16.add(products,
                        Float16.mult(Float16.mult(Lanes.f32(memory, dy + i), Lanes.f32(memory, gain + i)),
                                Lanes.f32(memory, x + i)));
            }
            float along = Lanes.sum(products);
            for (int i = vectors; i < width; i++)
                along += memory.get(dy + i) * memory.get(gain + i) * memory.get(x + i);
            along = along * inverse * inverse * inverse / width;
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 straight =
                        Lanes.times(Float16.mult(Lanes.f32(memory, dy + i), Lanes.f32(memory, gain + i)), inverse);
                Lanes.store(memory, out + i, Float16.sub(straight, Lanes.times(Lanes.f32(memory, x + i), along)));
            }
            for (int i = vectors; i < width; i++)
                memory.set(out + i, memory.get(dy + i) * memory.get(gain + i) * inverse - memory.get(x + i) * along);
        }
    }

    /** Arguments of {@link #softmax}: dy, pattern and out [rows, width]. */
    public interface SoftmaxBack {
        int DY = 1, ROWS = 2, WIDTH = 3, PATTERN = 4;
        /** Address of the factor. */
        int FACTOR = 5;
        int OUT = 6;
    }

    /** Computes factor · pattern · (dy - Σ pattern · dy). */
    public static void softmax(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + SoftmaxBack.ROWS), width = control.get(block + SoftmaxBack.WIDTH),
                vectors = width - width % Lanes.COUNT;
        float factor = memory.get(control.get(block + SoftmaxBack.FACTOR));
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int dy = control.get(block + SoftmaxBack.DY) + row * width,
                    pattern = control.get(block + SoftmaxBack.PATTERN) + row * width,
                    out = control.get(block + SoftmaxBack.OUT) + row * width;
            float mean = RowLanes.dot(memory, pattern, dy, width);
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Lanes.store(memory, out + i, Lanes.times(
                        Float16.mult(Lanes.f32(memory, pattern + i), Lanes.minus(Lanes.f32(memory, dy + i), mean)),
                        factor));
            }
            for (int i = vectors; i < width; i++)
                memory.set(out + i, factor * memory.get(pattern + i) * (memory.get(dy + i) - mean));
        }
    }

    /** Arguments of {@link #swigluGate}. */
    public interface SwiGluGateBack {
        int DY = 1, GATE = 2, UP = 3, ELEMENTS = 4, OUT = 5;
    }

    /** Computes dy · up · σ(gate) · (1 + gate · (1 - σ(gate))). */
    public static void swigluGate(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + SwiGluGateBack.DY), gate = control.get(block + SwiGluGateBack.GATE),
                up = control.get(block + SwiGluGateBack.UP),
                n = control.get(block + SwiGluGateBack.ELEMENTS), out = control.get(block + SwiGluGateBack.OUT);
        int pieces = (n + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int piece = Block.from(context, pieces), end = Block.to(context, pieces); piece < end;
                piece += Block.step(context)) {
            int i = piece * Lanes.COUNT;
            if (i + Lanes.COUNT <= n) {
                Float16 g = Lanes.f32(memory, gate + i),
                        sigmoid = Float16.div(Lanes.all(1f), Lanes.plus(Lanes.exp(Lanes.times(g, -1f)), 1f));
                Float16 slope =
                        Float16.mult(sigmoid, Lanes.plus(Float16.mult(g, Float16.sub(Lanes.all(1f), sigmoid)), 1f));
                Lanes.store(memory, out + i,
                        Float16.mult(Float16.mult(Lanes.f32(memory, dy + i), Lanes.f32(memory, up + i)), slope));
            } else {
                for (int j = i; j < n; j++) {
                    float g = memory.get(gate + j), sigmoid = 1f / (1f + TornadoMath.exp(-g));
                    memory.set(out + j, memory.get(dy + j) * memory.get(up + j) * sigmoid * (1f + g * (1f - sigmoid)));
                }
            }
        }
    }

    /** Arguments of {@link #swigluUp}. */
    public interface SwiGluUpBack {
        int DY = 1, GATE = 2, ELEMENTS = 3, OUT = 4;
    }

    /** Computes dy · SiLU(gate). */
    public static void swigluUp(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + SwiGluUpBack.DY), gate = control.get(block + SwiGluUpBack.GATE),
                n = control.get(block + SwiGluUpBack.ELEMENTS),
                out = control.get(block + SwiGluUpBack.OUT);
        int pieces = (n + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int piece = Block.from(context, pieces), end = Block.to(context, pieces); piece < end;
                piece += Block.step(context)) {
            int i = piece * Lanes.COUNT;
            if (i + Lanes.COUNT <= n) {
                Float16 g = Lanes.f32(memory, gate + i),
                        silu = Float16.div(g, Lanes.plus(Lanes.exp(Lanes.times(g, -1f)), 1f));
                Lanes.store(memory, out + i, Float16.mult(Lanes.f32(memory, dy + i), silu));
            } else {
                for (int j = i; j < n; j++) {
                    float g = memory.get(gate + j);
                    memory.set(out + j, memory.get(dy + j) * g / (1f + TornadoMath.exp(-g)));
                }
            }
        }
    }
}
