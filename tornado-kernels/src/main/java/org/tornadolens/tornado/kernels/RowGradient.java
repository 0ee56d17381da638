package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The backward pass of RMSNorm, SwiGLU and softmax: an item takes a row, or a piece of a flat value. The output may lie
 * over the gradient that comes in.
 */
public final class RowGradient {

    private RowGradient() {}

    /** dx = dy · x / (width · scale). Arguments: 1 x, 2 rows, 3 width, 4 scale [rows], 5 dy [rows], 6 out. */
    public static void normScale(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float factor =
                    memory.get(control.get(block + 5) + row) / (width * memory.get(control.get(block + 4) + row));
            RowLanes.scaled(memory, control.get(block + 1) + row * width, factor, width,
                    control.get(block + 6) + row * width);
        }
    }

    /** -Σ dy · x / scale². Arguments: 1 dy, 2 rows, 3 width, 4 x, 5 scale [rows], 6 out [rows]. */
    public static void divide(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            float scale = memory.get(control.get(block + 5) + row), sum = RowLanes.dot(memory,
                    control.get(block + 1) + row * width, control.get(block + 4) + row * width, width);
            memory.set(control.get(block + 6) + row, -sum / (scale * scale));
        }
    }

    /** (dy · gain - x · Σ dy · gain · x / (width · scale²)) / scale. Arguments: 1 dy, 2 rows, 3 width, 4 x, 5 gain, 6 address of eps, 7 out. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), gain = control.get(block + 5),
                vectors = width - width % Lanes.COUNT;
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int dy = control.get(block + 1) + row * width, x = control.get(block + 4) + row * width,
                    out = control.get(block + 7) + row * width;
            float squares = RowLanes.dot(memory, x, x, width),
                    inverse = 1f / TornadoMath.sqrt(squares / width + memory.get(control.get(block + 6)));
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

    /** factor · pattern · (dy - Σ pattern · dy). Arguments: 1 dy, 2 rows, 3 width, 4 pattern, 5 address of the factor, 6 out. */
    public static void softmax(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), vectors = width - width % Lanes.COUNT;
        float factor = memory.get(control.get(block + 5));
        for (int row = Block.from(context, rows), end = Block.to(context, rows); row < end;
                row += Block.step(context)) {
            int dy = control.get(block + 1) + row * width, pattern = control.get(block + 4) + row * width,
                    out = control.get(block + 6) + row * width;
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

    /** dy · up · σ(gate) · (1 + gate · (1 - σ(gate))). Arguments: 1 dy, 2 gate, 3 up, 4 elements, 5 out. */
    public static void swigluGate(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + 1), gate = control.get(block + 2), up = control.get(block + 3),
                n = control.get(block + 4), out = control.get(block + 5);
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

    /** dy · SiLU(gate). Arguments: 1 dy, 2 gate, 3 elements, 4 out. */
    public static void swigluUp(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + 1), gate = control.get(block + 2), n = control.get(block + 3),
                out = control.get(block + 4);
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
