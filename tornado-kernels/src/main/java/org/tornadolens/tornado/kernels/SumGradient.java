package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Gradients that come together: of what was repeated, taken twice, or shared by all rows.
 *
 * <pre>
 *   x [..][====]..[====]...[====]      runs of length elements, those of one target in a row of the list
 *            |       |        |
 *            +-------+        +-->     each times a coefficient
 *          target 0         target 1
 * </pre>
 */
public final class SumGradient {

    private static final int STRETCH = 256;   // rows that are summed up before they go into the total

    private SumGradient() {}

    /** Arguments: 1 out, 2 elements. */
    public static void clear(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int out = control.get(block + 1), n = control.get(block + 2), from = Block.from(context, n),
                end = Block.to(context, n);
        int vectors = Block.step(context) == 1 ? end - Math.max(0, end - from) % Lanes.COUNT : from;
        for (int i = from; i < vectors; i += Lanes.COUNT) Lanes.store(memory, out + i, Lanes.zero());
        for (int i = vectors; i < end; i += Block.step(context)) memory.set(out + i, 0f);
    }

    /**
     * out[target] = factor · Σ coefficient · x. Arguments: 1 x, 2 list of targets' offsets, 3 how many, 4 length, 5 out,
     * 6 list: where each target's runs begin in the next list, and one end more, 7 list of runs' offsets, 8 address of the
     * factor, 9 coefficients, or -1, 10 list: which coefficient each run has.
     */
    public static void runs(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int targets = control.get(block + 2), length = control.get(block + 4), starts = control.get(block + 6),
                runs = control.get(block + 7), coefficients = control.get(block + 9);
        float factor = memory.get(control.get(block + 8));
        int pieces = (length + Lanes.COUNT - 1) / Lanes.COUNT, n = control.get(block + 3) * pieces;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int target = i / pieces, at = i % pieces * Lanes.COUNT, x = control.get(block + 1) + at,
                    out = control.get(block + 5) + control.get(targets + target) + at;
            int from = control.get(starts + target), to = control.get(starts + target + 1);
            if (at + Lanes.COUNT <= length) {
                Float16 sum = Lanes.zero();
                for (int r = from; r < to; r++) {
                    float coefficient = coefficients < 0 ? factor
                            : factor * memory.get(coefficients + control.get(control.get(block + 10) + r));
                    sum = Float16.add(sum, Lanes.times(Lanes.f32(memory, x + control.get(runs + r)), coefficient));
                }
                Lanes.store(memory, out, sum);
            } else {
                for (int c = 0; c < length - at; c++) {
                    float sum = 0f;
                    for (int r = from; r < to; r++) {
                        float coefficient = coefficients < 0 ? factor
                                : factor * memory.get(coefficients + control.get(control.get(block + 10) + r));
                        sum += coefficient * memory.get(x + control.get(runs + r) + c);
                    }
                    memory.set(out + c, sum);
                }
            }
        }
    }

    /** out = coefficient · y. Arguments: 1 coefficients, 2 pairs, 3 width, 4 list of offsets in out, 5 y, 6 list of offsets in y, 7 out. */
    public static void rows(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), width = control.get(block + 3);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int y = control.get(block + 5) + control.get(control.get(block + 6) + i),
                    out = control.get(block + 7) + control.get(control.get(block + 4) + i);
            RowLanes.scaled(memory, y, memory.get(control.get(block + 1) + i), width, out);
        }
    }

    /** out [width] = Σ dy over rows. Arguments: 1 dy, 2 rows, 3 width, 4 out. */
    public static void bias(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 2), width = control.get(block + 3);
        int n = (width + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int column = i * Lanes.COUNT, dy = control.get(block + 1) + column, out = control.get(block + 4) + column;
            if (column + Lanes.COUNT <= width) {
                Float16 total = Lanes.zero();
                for (int first = 0; first < rows; first += STRETCH) {
                    Float16 sum = Lanes.zero();
                    int last = Math.min(rows, first + STRETCH);
                    for (int row = first; row < last; row++) {
                        sum = Float16.add(sum, Lanes.f32(memory, dy + row * width));
                    }
                    total = Float16.add(total, sum);
                }
                Lanes.store(memory, out, total);
            } else {
                for (int c = 0; c < width - column; c++) {
                    float total = 0f;
                    for (int first = 0; first < rows; first += STRETCH) {
                        float sum = 0f;
                        int last = Math.min(rows, first + STRETCH);
                        for (int row = first; row < last; row++) sum += memory.get(dy + row * width + c);
                        total += sum;
                    }
                    memory.set(out + c, total);
                }
            }
        }
    }

    /** out [width] = Σ dy · x / scale over rows. Arguments: 1 dy, 2 x, 3 rows, 4 width, 5 scales [rows], or -1, 6 out. */
    public static void columns(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + 3), width = control.get(block + 4), scales = control.get(block + 5);
        int n = (width + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int column = i * Lanes.COUNT, dy = control.get(block + 1) + column, x = control.get(block + 2) + column,
                    out = control.get(block + 6) + column;
            if (column + Lanes.COUNT <= width) {
                Float16 total = Lanes.zero();
                for (int first = 0; first < rows; first += STRETCH) {
                    Float16 sum = Lanes.zero();
                    int last = Math.min(rows, first + STRETCH);
                    for (int row = first; row < last; row++) {
                        float share = scales < 0 ? 1f : 1f / memory.get(scales + row);
                        sum = Float16.add(sum, Lanes.times(
                                Float16.mult(Lanes.f32(memory, dy + row * width), Lanes.f32(memory, x + row * width)),
                                share));
                    }
                    total = Float16.add(total, sum);
                }
                Lanes.store(memory, out, total);
            } else {
                for (int c = 0; c < width - column; c++) {
                    float total = 0f;
                    for (int first = 0; first < rows; first += STRETCH) {
                        float sum = 0f;
                        int last = Math.min(rows, first + STRETCH);
                        for (int row = first; row < last; row++) {
                            float share = scales < 0 ? 1f : 1f / memory.get(scales + row);
                            sum += memory.get(dy + row * width + c) * memory.get(x + row * width + c) * share;
                        }
                        total += sum;
                    }
                    memory.set(out + c, total);
                }
            }
        }
    }
}
