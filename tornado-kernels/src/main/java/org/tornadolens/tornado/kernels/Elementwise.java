package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Operations that compute each element from the elements in the same place of their inputs, and copies of rows. */
public final class Elementwise {

    private Elementwise() {}

    /** Arguments of {@link #add}. */
    public interface Add {
        int A = 1, B = 2, ELEMENTS = 3, OUT = 4;
    }

    /** Computes out = a + b. */
    public static void add(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int a = control.get(block + Add.A), b = control.get(block + Add.B), n = control.get(block + Add.ELEMENTS),
                out = control.get(block + Add.OUT);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            memory.set(out + i, memory.get(a + i) + memory.get(b + i));
    }

    /** Arguments of {@link #swiglu}. */
    public interface SwiGlu {
        int GATE = 1, UP = 2, ELEMENTS = 3, OUT = 4;
    }

    /** Computes out = SiLU(gate) · up, where SiLU(x) = x / (1 + e^-x) (Shazeer 2020). */
    public static void swiglu(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int gate = control.get(block + SwiGlu.GATE), up = control.get(block + SwiGlu.UP),
                n = control.get(block + SwiGlu.ELEMENTS),
                out = control.get(block + SwiGlu.OUT);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            float g = memory.get(gate + i);
            memory.set(out + i, g / (1f + TornadoMath.exp(-g)) * memory.get(up + i));
        }
    }

    /** Arguments of {@link #bias}: x and out [rows, width], bias [width]. */
    public interface Bias {
        int X = 1, ROWS = 2, WIDTH = 3, BIAS = 4, OUT = 5;
    }

    /** Computes out = x + bias for each row. */
    public static void bias(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Bias.X), bias = control.get(block + Bias.BIAS), out = control.get(block + Bias.OUT);
        int width = control.get(block + Bias.WIDTH), n = control.get(block + Bias.ROWS) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i) + memory.get(bias + i % width));
        }
    }

    /** Arguments of {@link #copy}. */
    public interface Copy {
        int X = 1, ELEMENTS = 2, OUT = 3;
    }

    /** Computes out = x. */
    public static void copy(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Copy.X), n = control.get(block + Copy.ELEMENTS),
                out = control.get(block + Copy.OUT);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            memory.set(out + i, memory.get(x + i));
    }

    /** Arguments of {@link #repeat} and {@link #sumHeads}. */
    public interface Heads {
        int X = 1, ROWS = 2, HEADS = 3, WIDTH = 4, OUT = 5;
    }

    /** Copies each row once for every head: x [rows, width], out [rows, heads, width]. */
    public static void repeat(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Heads.X), heads = control.get(block + Heads.HEADS),
                width = control.get(block + Heads.WIDTH),
                out = control.get(block + Heads.OUT);
        int n = control.get(block + Heads.ROWS) * heads * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + i / (heads * width) * width + i % width));
        }
    }

    /** Sums over heads: x [rows, heads, width], out [rows, width]. */
    public static void sumHeads(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Heads.X), heads = control.get(block + Heads.HEADS),
                width = control.get(block + Heads.WIDTH),
                out = control.get(block + Heads.OUT);
        int n = control.get(block + Heads.ROWS) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int at = x + i / width * heads * width + i % width;
            float sum = 0f;
            for (int head = 0; head < heads; head++) sum += memory.get(at + head * width);
            memory.set(out + i, sum);
        }
    }
}
