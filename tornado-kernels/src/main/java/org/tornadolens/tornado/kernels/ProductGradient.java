package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The two products of a linear layer's backward pass, out [lines, columns] = A · B: by its input, dx = dy · W, where B
 * is the weight; and by its weight, dW = dyᵀ · x, where B is x and A is dy transposed. A tile has 4 lines and 32
 * columns.
 *
 * <pre>
 *   A [4, k], one coordinate each --+
 *                                   +--> 8 vectors of sums
 *   B [k, 32], a row ---------------+
 * </pre>
 */
public final class ProductGradient {

    private static final int WIDTH = 2 * Lanes.COUNT;

    private ProductGradient() {}

    /** Arguments of both kernels. */
    public interface ProductBack {
        int A = 1;
        /** Elements from one line of A to the next, and from one element of a line to the next. */
        int A_STRIDE = 2, A_STEP = 3;
        int LINES = 4, B = 5;
        /** Elements from one row of B to the next. */
        int B_STRIDE = 6;
        /** Elements of a line of A, which are the rows of B. */
        int DEPTH = 7;
        int COLUMNS = 8, OUT = 9;
        /** Elements from one line of out to the next. */
        int OUT_STRIDE = 10;
        /** Number of products of this shape. */
        int PRODUCTS = 11;
        /** List of what each product adds to A, B and out. */
        int OFFSETS = 12;
    }

    /** Computes products with a weight. */
    public static void input(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control),
                n = control.get(block + ProductBack.PRODUCTS) * tiles(control, block);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context))
            make(control, memory, weights, block, tile);
    }

    /** Computes products in the device's memory. */
    public static void weight(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control),
                n = control.get(block + ProductBack.PRODUCTS) * tiles(control, block);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context))
            make(control, memory, memory, block, tile);
    }

    /** Returns the tiles of one product: strips of 32 columns, each four lines at a time. */
    private static int tiles(IntArray control, int block) {
        return (control.get(block + ProductBack.COLUMNS) + WIDTH - 1) / WIDTH * strip(control, block);
    }

    private static int strip(IntArray control, int block) { return (control.get(block + ProductBack.LINES) + 3) / 4; }

    /** @param right where B is; A and out are in {@code memory} */
    private static void make(IntArray control, FloatArray memory, FloatArray right, int block, int each) {
        int tiles = tiles(control, block), strip = strip(control, block),
                offsets = control.get(block + ProductBack.OFFSETS) + each / tiles * 3;
        int line = each % tiles % strip * 4, column = each % tiles / strip * WIDTH,
                lines = control.get(block + ProductBack.LINES),
                columns = control.get(block + ProductBack.COLUMNS);
        int a = control.get(block + ProductBack.A) + control.get(offsets),
                apart = control.get(block + ProductBack.A_STRIDE),
                b = control.get(block + ProductBack.B) + control.get(offsets + 1) + column;
        int out = control.get(block + ProductBack.OUT) + control.get(offsets + 2)
                + line * control.get(block + ProductBack.OUT_STRIDE) + column;
        int a0 = a + line * apart, a1 = a + Math.min(line + 1, lines - 1) * apart,
                a2 = a + Math.min(line + 2, lines - 1) * apart, a3 = a + Math.min(line + 3, lines - 1) * apart;
        if (column + WIDTH <= columns) wide(control, memory, right, block, a0, a1, a2, a3, b, out, lines - line);
        else narrow(control, memory, right, block, a0, a1, a2, a3, b, out, lines - line, columns - column);
    }

    /** Computes 32 columns of up to four lines. */
    private static void wide(IntArray control, FloatArray memory, FloatArray right, int block, int a0, int a1, int a2,
            int a3, int b, int out, int lines) {
        int step = control.get(block + ProductBack.A_STEP), stride = control.get(block + ProductBack.B_STRIDE),
                depth = control.get(block + ProductBack.DEPTH),
                next = control.get(block + ProductBack.OUT_STRIDE);
        Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(), t0 = Lanes.zero(),
                t1 = Lanes.zero(), t2 = Lanes.zero(), t3 = Lanes.zero();
        int i0 = a0, i1 = a1, i2 = a2, i3 = a3, row = b;
        for (int k = 0; k < depth; k++) {
            Float16 u = Lanes.f32(right, row), w = Lanes.f32(right, row + Lanes.COUNT);
            s0 = Float16.add(s0, Lanes.times(u, memory.get(i0)));
            t0 = Float16.add(t0, Lanes.times(w, memory.get(i0)));
            i0 += step;
            s1 = Float16.add(s1, Lanes.times(u, memory.get(i1)));
            t1 = Float16.add(t1, Lanes.times(w, memory.get(i1)));
            i1 += step;
            s2 = Float16.add(s2, Lanes.times(u, memory.get(i2)));
            t2 = Float16.add(t2, Lanes.times(w, memory.get(i2)));
            i2 += step;
            s3 = Float16.add(s3, Lanes.times(u, memory.get(i3)));
            t3 = Float16.add(t3, Lanes.times(w, memory.get(i3)));
            i3 += step;
            row += stride;
        }
        Lanes.store(memory, out, s0);
        Lanes.store(memory, out + Lanes.COUNT, t0);
        if (lines > 1) Lanes.store(memory, out + next, s1);
        if (lines > 1) Lanes.store(memory, out + next + Lanes.COUNT, t1);
        if (lines > 2) Lanes.store(memory, out + 2 * next, s2);
        if (lines > 2) Lanes.store(memory, out + 2 * next + Lanes.COUNT, t2);
        if (lines > 3) Lanes.store(memory, out + 3 * next, s3);
        if (lines > 3) Lanes.store(memory, out + 3 * next + Lanes.COUNT, t3);
    }

    /** Computes the remaining columns one by one. */
    private static void narrow(IntArray control, FloatArray memory, FloatArray right, int block, int a0, int a1, int a2,
            int a3, int b, int out, int lines, int columns) {
        int step = control.get(block + ProductBack.A_STEP), stride = control.get(block + ProductBack.B_STRIDE),
                depth = control.get(block + ProductBack.DEPTH),
                next = control.get(block + ProductBack.OUT_STRIDE);
        for (int c = 0; c < columns; c++) {
            float s0 = 0f, s1 = 0f, s2 = 0f, s3 = 0f;
            for (int k = 0; k < depth; k++) {
                float w = right.get(b + k * stride + c);
                s0 += w * memory.get(a0 + k * step);
                s1 += w * memory.get(a1 + k * step);
                s2 += w * memory.get(a2 + k * step);
                s3 += w * memory.get(a3 + k * step);
            }
            memory.set(out + c, s0);
            if (lines > 1) memory.set(out + next + c, s1);
            if (lines > 2) memory.set(out + 2 * next + c, s2);
            if (lines > 3) memory.set(out + 3 * next + c, s3);
        }
    }
}
