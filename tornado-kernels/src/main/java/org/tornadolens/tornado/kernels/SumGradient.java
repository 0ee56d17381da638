package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Gradients that are sums: those of values that were repeated, selected twice, or shared by all rows.
 *
 * <pre>
 *   x [..][====]..[====]...[====]      runs of equal length, those of one target consecutive in the list
 *            |       |        |
 *            +-------+        +-->     each times a coefficient
 *          target 0         target 1
 * </pre>
 */
public final class SumGradient {

    private static final int STRETCH = 256;   // rows that are summed up before their sum is added to the total

    private SumGradient() {}

    /** Arguments of {@link #clear}. */
    public interface Clear {
        int OUT = 1, ELEMENTS = 2;
    }

    /** Sets out to zero. */
    public static void clear(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int out = control.get(block + Clear.OUT), n = control.get(block + Clear.ELEMENTS),
                from = Block.from(context, n),
                end = Block.to(context, n);
        int vectors = Block.step(context) == 1 ? end - Math.max(0, end - from) % Lanes.COUNT : from;
        for (int i = from; i < vectors; i += Lanes.COUNT) Lanes.store(memory, out + i, Lanes.zero());
        for (int i = vectors; i < end; i += Block.step(context)) memory.set(out + i, 0f);
    }

    /** Arguments of {@link #runs}. */
    public interface RunsBack {
        int X = 1;
        /** List of where each target begins in out, and how many there are. */
        int TARGETS = 2, COUNT = 3;
        /** Elements of a run and of a target. */
        int LENGTH = 4;
        int OUT = 5;
        /** List of where each target's runs begin in the list of runs, and one end more. */
        int STARTS = 6;
        /** List of where each run begins in x. */
        int RUNS = 7;
        /** Address of the factor. */
        int FACTOR = 8;
        /** Coefficients, or -1 where all are one. */
        int COEFFICIENTS = 9;
        /** List of which coefficient each run has. */
        int ORDER = 10;
    }

    /** Computes out[target] = factor · Σ coefficient · x over the runs of each target. */
    public static void runs(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int targets = control.get(block + RunsBack.TARGETS), length = control.get(block + RunsBack.LENGTH),
                starts = control.get(block + RunsBack.STARTS),
                runs = control.get(block + RunsBack.RUNS), coefficients = control.get(block + RunsBack.COEFFICIENTS);
        float factor = memory.get(control.get(block + RunsBack.FACTOR));
        int pieces = (length + Lanes.COUNT - 1) / Lanes.COUNT, n = control.get(block + RunsBack.COUNT) * pieces;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int target = i / pieces, at = i % pieces * Lanes.COUNT, x = control.get(block + RunsBack.X) + at,
                    out = control.get(block + RunsBack.OUT) + control.get(targets + target) + at;
            int from = control.get(starts + target), to = control.get(starts + target + 1);
            if (at + Lanes.COUNT <= length) {
                Float16 sum = Lanes.zero();
                for (int r = from; r < to; r++) {
                    float coefficient = coefficients < 0 ? factor
                            : factor * memory.get(coefficients + control.get(control.get(block + RunsBack.ORDER) + r));
                    sum = Float16.add(sum, Lanes.times(Lanes.f32(memory, x + control.get(runs + r)), coefficient));
                }
                Lanes.store(memory, out, sum);
            } else {
                for (int c = 0; c < length - at; c++) {
                    float sum = 0f;
                    for (int r = from; r < to; r++) {
                        float coefficient = coefficients < 0 ? factor
                                : factor * memory
                                        .get(coefficients + control.get(control.get(block + RunsBack.ORDER) + r));
                        sum += coefficient * memory.get(x + control.get(runs + r) + c);
                    }
                    memory.set(out + c, sum);
                }
            }
        }
    }

    /** Arguments of {@link #rows}: coefficients [pairs]. */
    public interface RowsBack {
        int COEFFICIENTS = 1, PAIRS = 2, WIDTH = 3;
        /** List of where each vector begins in out. */
        int OUT_OFFSETS = 4;
        int Y = 5;
        /** List of where each vector begins in y. */
        int Y_OFFSETS = 6;
        int OUT = 7;
    }

    /** Computes out = coefficient · y for each pair of vectors. */
    public static void rows(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + RowsBack.PAIRS), width = control.get(block + RowsBack.WIDTH);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int y = control.get(block + RowsBack.Y) + control.get(control.get(block + RowsBack.Y_OFFSETS) + i),
                    out = control.get(block + RowsBack.OUT)
                            + control.get(control.get(block + RowsBack.OUT_OFFSETS) + i);
            RowLanes.scaled(memory, y, memory.get(control.get(block + RowsBack.COEFFICIENTS) + i), width, out);
        }
    }

    /** Arguments of {@link #bias}: dy [rows, width], out [width]. */
    public interface BiasBack {
        int DY = 1, ROWS = 2, WIDTH = 3, OUT = 4;
    }

    /** Computes out = Σ dy over rows. */
    public static void bias(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + BiasBack.ROWS), width = control.get(block + BiasBack.WIDTH);
        int n = (width + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int column = i * Lanes.COUNT, dy = control.get(block + BiasBack.DY) + column,
                    out = control.get(block + BiasBack.OUT) + column;
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

    /** Arguments of {@link #columns}: dy and x [rows, width], out [width]. */
    public interface ColumnsBack {
        int DY = 1, X = 2, ROWS = 3, WIDTH = 4;
        /** Scales [rows], or -1 where all are one. */
        int SCALES = 5;
        int OUT = 6;
    }

    /** Computes out = Σ dy · x / scale over rows. */
    public static void columns(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int rows = control.get(block + ColumnsBack.ROWS), width = control.get(block + ColumnsBack.WIDTH),
                scales = control.get(block + ColumnsBack.SCALES);
        int n = (width + Lanes.COUNT - 1) / Lanes.COUNT;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int column = i * Lanes.COUNT, dy = control.get(block + ColumnsBack.DY) + column,
                    x = control.get(block + ColumnsBack.X) + column,
                    out = control.get(block + ColumnsBack.OUT) + column;
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
