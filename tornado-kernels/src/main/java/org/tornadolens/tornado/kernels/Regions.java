package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Interventions: changes of the selected part of a value. The selection arrives as runs of memory, a list of their
 * offsets and one length, so that the same kernel serves heads, positions, rows and columns, few or many.
 *
 * <pre>
 *   list of offsets   o0            o1       o2
 *   value             ..[======]....[======][======]....
 *   source            [======] (one that goes with each, in a second list)
 * </pre>
 */
public final class Regions {

    private Regions() {}

    /** Arguments of all these kernels, and of {@link #zero}, which has no others. */
    public interface Runs {
        int X = 1;
        /** List of where each run begins in x, and how many there are. */
        int OFFSETS = 2, RUNS = 3;
        /** Elements of a run. */
        int LENGTH = 4;
    }

    /** Arguments of kernels that read a source, and of {@link #replace}, which has no others. */
    public interface Sourced extends Runs {
        int SOURCE = 5;
        /** List of where the source of each run begins. */
        int SOURCE_OFFSETS = 6;
    }

    /** Arguments of {@link #gather}. */
    public interface Gather extends Runs {
        int OUT = 5;
    }

    /** Copies the selected part to out, run after run. */
    public static void gather(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Gather.X), list = control.get(block + Gather.OFFSETS),
                length = control.get(block + Gather.LENGTH),
                out = control.get(block + Gather.OUT);
        int n = control.get(block + Gather.RUNS) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + control.get(list + i / length) + i % length));
        }
    }

    /** Sets the selected part to zero. */
    public static void zero(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Runs.X), list = control.get(block + Runs.OFFSETS),
                length = control.get(block + Runs.LENGTH);
        int n = control.get(block + Runs.RUNS) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(x + control.get(list + i / length) + i % length, 0f);
        }
    }

    /** Arguments of {@link #change}. */
    public interface Change extends Runs {
        /** One of {@link Rules}, and the addresses of its two numbers. */
        int RULE = 5, FIRST = 6, SECOND = 7;
    }

    /** Applies a rule to each selected number. */
    public static void change(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Change.X), list = control.get(block + Change.OFFSETS),
                length = control.get(block + Change.LENGTH);
        int n = control.get(block + Change.RUNS) * length, rule = control.get(block + Change.RULE);
        float a = memory.get(control.get(block + Change.FIRST)), b = memory.get(control.get(block + Change.SECOND));
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int at = x + control.get(list + i / length) + i % length;
            memory.set(at, Rules.changed(rule, memory.get(at), a, b));
        }
    }

    /** Arguments of {@link #changeBack}. */
    public interface ChangeBack extends Sourced {
        /** One of {@link Rules}, and the addresses of its two numbers. */
        int RULE = 7, FIRST = 8, SECOND = 9;
    }

    /** Multiplies the gradient of what {@link #change} made by the slopes at the source, which is what was changed. */
    public static void changeBack(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + ChangeBack.X), list = control.get(block + ChangeBack.OFFSETS),
                length = control.get(block + ChangeBack.LENGTH);
        int source = control.get(block + ChangeBack.SOURCE), sources = control.get(block + ChangeBack.SOURCE_OFFSETS);
        int n = control.get(block + ChangeBack.RUNS) * length, rule = control.get(block + ChangeBack.RULE);
        float a = memory.get(control.get(block + ChangeBack.FIRST)),
                b = memory.get(control.get(block + ChangeBack.SECOND));
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length, at = dy + control.get(list + run) + within;
            float x = memory.get(source + control.get(sources + run) + within);
            memory.set(at, memory.get(at) * Rules.slope(rule, x, a, b));
        }
    }

    /** Copies the source to the selected part. */
    public static void replace(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Sourced.X), list = control.get(block + Sourced.OFFSETS),
                length = control.get(block + Sourced.LENGTH),
                source = control.get(block + Sourced.SOURCE), sources = control.get(block + Sourced.SOURCE_OFFSETS);
        int n = control.get(block + Sourced.RUNS) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length;
            memory.set(x + control.get(list + run) + within, memory.get(source + control.get(sources + run) + within));
        }
    }

    /** Arguments of {@link #shift}. */
    public interface Shift extends Sourced {
        /** Address of the factor. */
        int FACTOR = 7;
    }

    /** Adds factor · source to the selected part. */
    public static void shift(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Shift.X), list = control.get(block + Shift.OFFSETS),
                length = control.get(block + Shift.LENGTH),
                source = control.get(block + Shift.SOURCE), sources = control.get(block + Shift.SOURCE_OFFSETS);
        int n = control.get(block + Shift.RUNS) * length, factor = control.get(block + Shift.FACTOR);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length, at = x + control.get(list + run) + within;
            memory.set(at,
                    memory.get(at) + memory.get(factor) * memory.get(source + control.get(sources + run) + within));
        }
    }
}
