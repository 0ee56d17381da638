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

    private ElementwiseLanes() {}

    public static void add(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int a = control.get(block + 1), b = control.get(block + 2), n = control.get(block + 3), out = control.get(block + 4);
        int from = Block.from(context, n), end = Block.to(context, n), vectors = end - (Math.max(0, end - from)) % Lanes.COUNT;
        for (int i = from; i < vectors; i += Lanes.COUNT) Lanes.store(memory, out + i, Float16.add(Lanes.f32(memory, a + i), Lanes.f32(memory, b + i)));
        for (int i = vectors; i < end; i++) memory.set(out + i, memory.get(a + i) + memory.get(b + i));
    }

    public static void swiglu(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int gate = control.get(block + 1), up = control.get(block + 2), n = control.get(block + 3), out = control.get(block + 4);
        int from = Block.from(context, n), end = Block.to(context, n), vectors = end - (Math.max(0, end - from)) % Lanes.COUNT;
        for (int i = from; i < vectors; i += Lanes.COUNT) {
            Float16 g = Lanes.f32(memory, gate + i);
            Float16 sigmoid = Float16.add(Lanes.exp(Float16.mult(g, -1f)), 1f);
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
        int rows = control.get(block + 2), width = control.get(block + 3), gain = control.get(block + 6), vectors = width - width % Lanes.COUNT;
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
                Lanes.store(memory, out + i, Float16.mult(Float16.mult(Lanes.f32(memory, x + i), inverse), Lanes.f32(memory, gain + i)));
            }
            for (int i = vectors; i < width; i++) memory.set(out + i, memory.get(x + i) * inverse * memory.get(gain + i));
        }
    }
}
