package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The busiest kernels of {@link Elementwise} and {@link Normalization}, with the same arguments, on devices that are
 * CPUs: an item goes through its piece with vector registers, and through what is left of it one by one.
 */
public final class ElementwiseLanes {

    private static final int PIECE = 512;

    private ElementwiseLanes() {}

    public static void add(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int a = control.get(block + 1), b = control.get(block + 2), n = control.get(block + 3),
                out = control.get(block + 4);
        int from = Block.from(context, n), end = Block.to(context, n),
                vectors = end - (Math.max(0, end - from)) % Lanes.COUNT;
        for (int i = from; i < vectors; i += Lanes.COUNT)
            Lanes.store(memory, out + i, Float16.add(Lanes.f32(memory, a + i), Lanes.f32(memory, b + i)));
        for (int i = vectors; i < end; i++) memory.set(out + i, memory.get(a + i) + memory.get(b + i));
    }

    public static void swiglu(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int gate = control.get(block + 1), up = control.get(block + 2), n = control.get(block + 3),
                out = control.get(block + 4);
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

    /** A whole row an item. */
    public static void rms(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3), gain = control.get(block + 6),
                vectors = width - width % Lanes.COUNT;
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width, out = control.get(block + 5) + row * width;
            Float16 squares = Lanes.zero();
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Float16 v = Lanes.f32(memory, x + i);
                squares = Float16.add(squares, Float16.mult(v, v));
            }
            float sum = Lanes.sum(squares);
            for (int i = vectors; i < width; i++) sum += memory.get(x + i) * memory.get(x + i);
            float inverse = 1f / TornadoMath.sqrt(sum / width + memory.get(control.get(block + 4)));
            for (int i = 0; i < vectors; i += Lanes.COUNT) {
                Lanes.store(memory, out + i,
                        Float16.mult(Lanes.times(Lanes.f32(memory, x + i), inverse), Lanes.f32(memory, gain + i)));
            }
            for (int i = vectors; i < width; i++)
                memory.set(out + i, memory.get(x + i) * inverse * memory.get(gain + i));
        }
    }

    /** {@link Rotation#turn}: a vector an item. */
    public static void turn(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 3), heads = control.get(block + 4), dHead = control.get(block + 5),
                half = dHead / 2, vectors = half - half % Lanes.COUNT;
        int n = control.get(block + 2) * pos * heads;
        for (int vector = Block.from(context, n), end = Block.to(context, n); vector < end;
                vector += Block.step(context)) {
            int row = vector / heads,
                    position = Math.max(0, control.get(control.get(block + 6) + row / pos) + row % pos);
            int x = control.get(block + 1) + vector * dHead, out = control.get(block + 9) + vector * dHead;
            int cosines = control.get(block + 7) + position * half, sines = control.get(block + 8) + position * half;
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

    /** {@link Metrics#argMax}: a row an item; the piece with the largest element first, then the element in it. */
    public static void argMax(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        for (int row = context.groupIdx; row < rows; row += Block.groups(context)) {
            int x = control.get(block + 1) + row * width, best = 0;
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
            memory.set(control.get(block + 4) + row, (float) at);
        }
    }
}
