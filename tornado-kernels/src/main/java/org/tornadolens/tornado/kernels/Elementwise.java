package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Operations that make each element from the elements at its place. */
public final class Elementwise {

    private Elementwise() {}

    /** Arguments: 1 a, 2 b, 3 elements, 4 out. */
    public static void add(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int a = control.get(block + 1), b = control.get(block + 2), n = control.get(block + 3),
                out = control.get(block + 4);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            memory.set(out + i, memory.get(a + i) + memory.get(b + i));
    }

    /** SiLU(gate) · up, SiLU(x) = x / (1 + e^-x) (Shazeer 2020). Arguments: 1 gate, 2 up, 3 elements, 4 out. */
    public static void swiglu(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int gate = control.get(block + 1), up = control.get(block + 2), n = control.get(block + 3),
                out = control.get(block + 4);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            float g = memory.get(gate + i);
            memory.set(out + i, g / (1f + TornadoMath.exp(-g)) * memory.get(up + i));
        }
    }

    /** x + bias. Arguments: 1 x, 2 rows, 3 width, 4 bias [width], 5 out. */
    public static void bias(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), bias = control.get(block + 4), out = control.get(block + 5);
        int width = control.get(block + 3), n = control.get(block + 2) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) + memory.get(bias + i % width));
        }
    }

    /** Arguments: 1 x, 2 elements, 3 out. */
    public static void copy(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), n = control.get(block + 2), out = control.get(block + 3);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            memory.set(out + i, memory.get(x + i));
    }

    /** A copy for every head: [rows, width] -> [rows, heads, width]. Arguments: 1 x, 2 rows, 3 heads, 4 width, 5 out. */
    public static void repeat(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), heads = control.get(block + 3), width = control.get(block + 4),
                out = control.get(block + 5);
        int n = control.get(block + 2) * heads * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i / (heads * width) * width + i % width));
        }
    }

    /** Sum over heads: [rows, heads, width] -> [rows, width]. Arguments: 1 x, 2 rows, 3 heads, 4 width, 5 out. */
    public static void sumHeads(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), heads = control.get(block + 3), width = control.get(block + 4),
                out = control.get(block + 5);
        int n = control.get(block + 2) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int at = x + i / width * heads * width + i % width;
            float sum = 0f;
            for (int head = 0; head < heads; head++) sum += memory.get(at + head * width);
            memory.set(out + i, sum);
        }
    }
}
