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
 * one of its rows to the next, 7 depth, 8 columns, 9 out, 10 elements from one of its lines to the next.
 */
public final class ProductGradient {

    private static final int WIDTH = 2 * Lanes.COUNT;

    private ProductGradient() {}

    public static void input(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory, FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + 4), depth = control.get(block + 7), columns = control.get(block + 8), wide = columns - columns % WIDTH;
        int perStrip = (lines + 3) / 4, n = (columns + WIDTH - 1) / WIDTH * perStrip, step = control.get(block + 3), stride = control.get(block + 6), next = control.get(block + 10);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context)) {
            int line = tile % perStrip * 4, column = tile / perStrip * WIDTH, b = control.get(block + 5) + column, out = control.get(block + 9) + line * next + column;
            int a0 = control.get(block + 1) + line * control.get(block + 2), a1 = control.get(block + 1) + Math.min(line + 1, lines - 1) * control.get(block + 2);
            int a2 = control.get(block + 1) + Math.min(line + 2, lines - 1) * control.get(block + 2), a3 = control.get(block + 1) + Math.min(line + 3, lines - 1) * control.get(block + 2);
            if (column < wide) {
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(), t0 = Lanes.zero(), t1 = Lanes.zero(), t2 = Lanes.zero(), t3 = Lanes.zero();
                for (int k = 0; k < depth; k++) {
                    Float16 u = Lanes.f32(weights, b + k * stride), w = Lanes.f32(weights, b + k * stride + Lanes.COUNT);
                    s0 = Float16.add(s0, Lanes.times(u, memory.get(a0 + k * step)));
                    t0 = Float16.add(t0, Lanes.times(w, memory.get(a0 + k * step)));
                    s1 = Float16.add(s1, Lanes.times(u, memory.get(a1 + k * step)));
                    t1 = Float16.add(t1, Lanes.times(w, memory.get(a1 + k * step)));
                    s2 = Float16.add(s2, Lanes.times(u, memory.get(a2 + k * step)));
                    t2 = Float16.add(t2, Lanes.times(w, memory.get(a2 + k * step)));
                    s3 = Float16.add(s3, Lanes.times(u, memory.get(a3 + k * step)));
                    t3 = Float16.add(t3, Lanes.times(w, memory.get(a3 + k * step)));
                }
                Lanes.store(memory, out, s0);
                Lanes.store(memory, out + Lanes.COUNT, t0);
                if (line + 1 < lines) Lanes.store(memory, out + next, s1);
                if (line + 1 < lines) Lanes.store(memory, out + next + Lanes.COUNT, t1);
                if (line + 2 < lines) Lanes.store(memory, out + 2 * next, s2);
                if (line + 2 < lines) Lanes.store(memory, out + 2 * next + Lanes.COUNT, t2);
                if (line + 3 < lines) Lanes.store(memory, out + 3 * next, s3);
                if (line + 3 < lines) Lanes.store(memory, out + 3 * next + Lanes.COUNT, t3);
            } else {
                for (int c = 0; c < columns - wide; c++) {
                    float s0 = 0f, s1 = 0f, s2 = 0f, s3 = 0f;
                    for (int k = 0; k < depth; k++) {
                        float w = weights.get(b + k * stride + c);
                        s0 += w * memory.get(a0 + k * step);
                        s1 += w * memory.get(a1 + k * step);
                        s2 += w * memory.get(a2 + k * step);
                        s3 += w * memory.get(a3 + k * step);
                    }
                    memory.set(out + c, s0);
                    if (line + 1 < lines) memory.set(out + next + c, s1);
                    if (line + 2 < lines) memory.set(out + 2 * next + c, s2);
                    if (line + 3 < lines) memory.set(out + 3 * next + c, s3);
                }
            }
        }
    }

    public static void weight(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + 4), depth = control.get(block + 7), columns = control.get(block + 8), wide = columns - columns % WIDTH;
        int perStrip = (lines + 3) / 4, n = (columns + WIDTH - 1) / WIDTH * perStrip, step = control.get(block + 3), stride = control.get(block + 6), next = control.get(block + 10);
        for (int tile = Block.from(context, n), end = Block.to(context, n); tile < end; tile += Block.step(context)) {
            int line = tile % perStrip * 4, column = tile / perStrip * WIDTH, b = control.get(block + 5) + column, out = control.get(block + 9) + line * next + column;
            int a0 = control.get(block + 1) + line * control.get(block + 2), a1 = control.get(block + 1) + Math.min(line + 1, lines - 1) * control.get(block + 2);
            int a2 = control.get(block + 1) + Math.min(line + 2, lines - 1) * control.get(block + 2), a3 = control.get(block + 1) + Math.min(line + 3, lines - 1) * control.get(block + 2);
            if (column < wide) {
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero(), t0 = Lanes.zero(), t1 = Lanes.zero(), t2 = Lanes.zero(), t3 = Lanes.zero();
                for (int k = 0; k < depth; k++) {
                    Float16 u = Lanes.f32(memory, b + k * stride), w = Lanes.f32(memory, b + k * stride + Lanes.COUNT);
                    s0 = Float16.add(s0, Lanes.times(u, memory.get(a0 + k * step)));
                    t0 = Float16.add(t0, Lanes.times(w, memory.get(a0 + k * step)));
                    s1 = Float16.add(s1, Lanes.times(u, memory.get(a1 + k * step)));
                    t1 = Float16.add(t1, Lanes.times(w, memory.get(a1 + k * step)));
                    s2 = Float16.add(s2, Lanes.times(u, memory.get(a2 + k * step)));
                    t2 = Float16.add(t2, Lanes.times(w, memory.get(a2 + k * step)));
                    s3 = Float16.add(s3, Lanes.times(u, memory.get(a3 + k * step)));
                    t3 = Float16.add(t3, Lanes.times(w, memory.get(a3 + k * step)));
                }
                Lanes.store(memory, out, s0);
                Lanes.store(memory, out + Lanes.COUNT, t0);
                if (line + 1 < lines) Lanes.store(memory, out + next, s1);
                if (line + 1 < lines) Lanes.store(memory, out + next + Lanes.COUNT, t1);
                if (line + 2 < lines) Lanes.store(memory, out + 2 * next, s2);
                if (line + 2 < lines) Lanes.store(memory, out + 2 * next + Lanes.COUNT, t2);
                if (line + 3 < lines) Lanes.store(memory, out + 3 * next, s3);
                if (line + 3 < lines) Lanes.store(memory, out + 3 * next + Lanes.COUNT, t3);
            } else {
                for (int c = 0; c < columns - wide; c++) {
                    float s0 = 0f, s1 = 0f, s2 = 0f, s3 = 0f;
                    for (int k = 0; k < depth; k++) {
                        float w = memory.get(b + k * stride + c);
                        s0 += w * memory.get(a0 + k * step);
                        s1 += w * memory.get(a1 + k * step);
                        s2 += w * memory.get(a2 + k * step);
                        s3 += w * memory.get(a3 + k * step);
                    }
                    memory.set(out + c, s0);
                    if (line + 1 < lines) memory.set(out + next + c, s1);
                    if (line + 2 < lines) memory.set(out + 2 * next + c, s2);
                    if (line + 3 < lines) memory.set(out + 3 * next + c, s3);
                }
            }
        }
    }
}
