package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The two products of a linear layer's backward pass, out [lines, columns] = A · B: by its input, dx = dy · W, where B is
 * the weight; and by its weight, dW = dyᵀ · x, where B is x and A is dy read upright. Tiles of 4 lines and 32 columns.
 *
 * <pre>
 *   A [4, k], one coordinate each --+
 *                                   +--> 8 vectors of sums
 *   B [k, 32], a row ---------------+
 * </pre>
 *
 * Arguments: 1 A, 2 elements from one of its lines to the next, 3 from one k to the next, 4 lines, 5 B, 6 elements from
 * one of its rows to the next, 7 depth, 8 columns, 9 out, 10 elements from one of its lines to the next, 11 how many
 * products of this shape there are, 12 list: of each what is to be added to 1, 5 and 9.
 */
public final class ProductGradient {

    private static final int WIDTH = 2 * Lanes.COUNT;

    private ProductGradient() {}

    public static void input(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control), n = control.get(block + 11) * tiles(control, block);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context))
            make(control, memory, weights, block, tile);
    }

    public static void weight(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control), n = control.get(block + 11) * tiles(control, block);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context))
            make(control, memory, memory, block, tile);
    }

    /** Tiles of one product: strips of 32 columns, each four lines at a time. */
    private static int tiles(IntArray control, int block) {
        return (control.get(block + 8) + WIDTH - 1) / WIDTH * strip(control, block);
    }

    private static int strip(IntArray control, int block) { return (control.get(block + 4) + 3) / 4; }

    /** @param right where B is; A and out are in {@code memory} */
    private static void make(IntArray control, FloatArray memory, FloatArray right, int block, int each) {
        int tiles = tiles(control, block), strip = strip(control, block),
                offsets = control.get(block + 12) + each / tiles * 3;
        int line = each % tiles % strip * 4, column = each % tiles / strip * WIDTH, lines = control.get(block + 4),
                columns = control.get(block + 8);
        int a = control.get(block + 1) + control.get(offsets), apart = control.get(block + 2),
                b = control.get(block + 5) + control.get(offsets + 1) + column;
        int out = control.get(block + 9) + control.get(offsets + 2) + line * control.get(block + 10) + column;
        int a0 = a + line * apart, a1 = a + Math.min(line + 1, lines - 1) * apart,
                a2 = a + Math.min(line + 2, lines - 1) * apart, a3 = a + Math.min(line + 3, lines - 1) * apart;
        if (column + WIDTH <= columns) wide(control, memory, right, block, a0, a1, a2, a3, b, out, lines - line);
        else narrow(control, memory, right, block, a0, a1, a2, a3, b, out, lines - line, columns - column);
    }

    /** 32 columns of so many lines, four at most. */
    private static void wide(IntArray control, FloatArray memory, FloatArray right, int block, int a0, int a1, int a2,
            int a3, int b, int out, int lines) {
        int step = control.get(block + 3), stride = control.get(block + 6), depth = control.get(block + 7),
                next = control.get(block + 10);
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

    /** The columns that are left, one by one. */
    private static void narrow(IntArray control, FloatArray memory, FloatArray right, int block, int a0, int a1, int a2,
            int a3, int b, int out, int lines, int columns) {
        int step = control.get(block + 3), stride = control.get(block + 6), depth = control.get(block + 7),
                next = control.get(block + 10);
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
