package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Elementwise.Add;
import org.tornadolens.tornado.kernels.Elementwise.SwiGlu;
import org.tornadolens.tornado.kernels.Metrics.ArgMax;
import org.tornadolens.tornado.kernels.Normalization.Rms;
import org.tornadolens.tornado.kernels.Rotation.Turn;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Kernels of {@link Elementwise}, {@link Normalization}, {@link Rotation} and {@link Metrics} for devices that are
 * CPUs: an item goes through its share with vector registers, and through the rest of it element by element.
 */
public final class ElementwiseLanes {

    private static final int PIECE = 512;

    private ElementwiseLanes() {}

    public static void add(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int a = control.get(block + Add.A), b = control.get(block + Add.B), n = control.get(block + Add.ELEMENTS),
                out = control.get(block + Add.OUT);
        int from = Block.from(context, n), end = Block.to(context, n),
                vectors = end - (Math.max(0, end - from)) % Lanes.COUNT;
        for (int i = from; i < vectors; i += Lanes.COUNT)
            Lanes.store(memory, out + i, Float16.add(Lanes.f32(memory, a + i), Lanes.f32(memory, b + i)));
        for (int i = vectors; i < end; i++) memory.set(out + i, memory.get(a + i) + memory.get(b + i));
    }

    public static void swiglu(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int gate = control.get(block + SwiGlu.GATE), up = control.get(block + SwiGlu.UP),
                n = control.get(block + SwiGlu.ELEMENTS),
                out = control.get(block + SwiGlu.OUT);
        int from = Block.from(context, n), end = Block.to(context, n),
                vectors = end - (Math.max(0, end - from)) % Lanes.COUNT;
        for (int i = from; i < vectors; i += Lanes.COUNT) {
            Float16 g = Lanes.f32(memory, gate + i);
            Float16 sigmoid = Lanes.plus(Lanes.exp(Lanes.times(g, -1f)), 1f);
            Lanes.store(memory, out + i, Float16.mult(Float16.div(g, sigmoid), Lanes.f32(memory, up + i)));
        }
        for (int i = vectors; i < end; i++) {
            float g = memory.get(gate + i);
            memory.set(out + i, g / (1f + TornadoMath.exp(-g)) * memory.get(up + i));
        }
    }

    /** Computes {@link Normalization#rms}; an item takes a whole row. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + Rms.ROWS), width = control.get(block + Rms.WIDTH),
                gain = control.get(block + Rms.GAIN),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + Rms.X) + row * width, out = control.get(block + Rms.OUT) + row * width;
            Float16 squares = Lanes.zero();
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 v = Lanes.f32(memory, x + i);
                squares = Float16.add(squares, Float16.mult(v, v));
            }
            float sum = Lanes.sum(squares);
            for (int i = vectors; i < width; i++) sum += memory.get(x + i) * memory.get(x + i);
            float inverse = 1f / TornadoMath.sqrt(sum / width + memory.get(control.get(block + Rms.EPS)));
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Lanes.store(memory, out + i,
                        Float16.mult(Lanes.times(Lanes.f32(memory, x + i), inverse), Lanes.f32(memory, gain + i)));
            }
            for (int i = vectors; i < width; i++)
                memory.set(out + i, memory.get(x + i) * inverse * memory.get(gain + i));
        }
    }

    /** Computes {@link Rotation#turn}; an item takes a vector. */
    public static void turn(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + Turn.POS), heads = control.get(block + Turn.HEADS),
                dHead = control.get(block + Turn.D_HEAD),
                half = dHead / 2, vectors = half - half % Lanes.COUNT;
        int n = control.get(block + Turn.BATCH) * pos * heads;
        for (int vector = Block.from(context, n), end = Block.to(context, n); vector < end;
                vector += Block.step(context)) {
            int row = vector / heads,
                    position =
                            Math.max(0, control.get(control.get(block + Turn.FIRST_POSITIONS) + row / pos) + row % pos);
            int x = control.get(block + Turn.X) + vector * dHead, out = control.get(block + Turn.OUT) + vector * dHead;
            int cosines = control.get(block + Turn.COSINES) + position * half,
                    sines = control.get(block + Turn.SINES) + position * half;
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 a = Lanes.f32(memory, x + i), b = Lanes.f32(memory, x + half + i),
                        cos = Lanes.f32(memory, cosines + i), sin = Lanes.f32(memory, sines + i);
                Lanes.store(memory, out + i, Float16.sub(Float16.mult(a, cos), Float16.mult(b, sin)));
                Lanes.store(memory, out + half + i, Float16.add(Float16.mult(b, cos), Float16.mult(a, sin)));
            }
            for (int i = vectors; i < half; i++) {
                float a = memory.get(x + i), b = memory.get(x + half + i), cos = memory.get(cosines + i),
                        sin = memory.get(sines + i);
                memory.set(out + i, a * cos - b * sin);
                memory.set(out + half + i, b * cos + a * sin);
            }
        }
    }

    /**
     * Computes {@link Metrics#argMax}; an item takes a row, and finds the piece with the largest element, then the
     * element.
     */
    public static void argMax(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + ArgMax.ROWS), width = control.get(block + ArgMax.WIDTH);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + ArgMax.LOGITS) + row * width, best = 0;
            float max = -1e38f;
            for (int piece = 0; piece < width; piece += PIECE) {
                int end = Math.min(width, piece + PIECE), vectors = end - (end - piece) % Lanes.COUNT;
                Float16 largest = Lanes.all(-1e38f);
                for (int i = piece; i < vectors; i += Lanes.COUNT)
                    largest = Float16.max(largest, Lanes.f32(memory, x + i));
                float here = Lanes.max(largest);
                for (int i = vectors; i < end; i++) here = Math.max(here, memory.get(x + i));
                best = here > max ? piece : best;
                max = Math.max(max, here);
            }
            int at = best;
            for (int i = Math.min(width, best + PIECE) - 1; i >= best; i--) at = memory.get(x + i) == max ? i : at;
            memory.set(control.get(block + ArgMax.OUT) + row, (float) at);
        }
    }
}
