package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Interventions: changes of the selected part of a value. The selection arrives as runs of memory, a list of where each
 * begins and one length, so that the same kernel serves heads, positions, rows and columns, few or many.
 *
 * <pre>
 *   list of offsets   o0            o1       o2
 *   value             ..[======]....[======][======]....
 *   source            [======] (one that goes with each, in a second list)
 * </pre>
 *
 * Arguments: 1 value, 2 list of offsets, 3 how many, 4 length, 5 source or out, 6 list of sources; then 7 address of a
 * factor, or 7 one of {@link Rules}, 8 and 9 addresses of its numbers.
 */
public final class Regions {

    private Regions() {}

    /** The selected part, runs side by side, at 5. */
    public static void gather(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                out = control.get(block + 5);
        int n = control.get(block + 3) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(out + i, memory.get(x + control.get(list + i / length) + i % length));
        }
    }

    public static void zero(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4);
        int n = control.get(block + 3) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            memory.set(x + control.get(list + i / length) + i % length, 0f);
        }
    }

    /** Applies a rule to each number. */
    public static void change(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4);
        int n = control.get(block + 3) * length, rule = control.get(block + 7);
        float a = memory.get(control.get(block + 8)), b = memory.get(control.get(block + 9));
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int at = x + control.get(list + i / length) + i % length;
            memory.set(at, Rules.changed(rule, memory.get(at), a, b));
        }
    }

    /** The gradient of what {@link #change} made, times the slopes at the source: what was changed. */
    public static void changeBack(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int dy = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4);
        int source = control.get(block + 5), sources = control.get(block + 6);
        int n = control.get(block + 3) * length, rule = control.get(block + 7);
        float a = memory.get(control.get(block + 8)), b = memory.get(control.get(block + 9));
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length, at = dy + control.get(list + run) + within;
            float x = memory.get(source + control.get(sources + run) + within);
            memory.set(at, memory.get(at) * Rules.slope(rule, x, a, b));
        }
    }

    public static void replace(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                source = control.get(block + 5), sources = control.get(block + 6);
        int n = control.get(block + 3) * length;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length;
            memory.set(x + control.get(list + run) + within, memory.get(source + control.get(sources + run) + within));
        }
    }

    /** Adds factor · source. */
    public static void shift(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                source = control.get(block + 5), sources = control.get(block + 6);
        int n = control.get(block + 3) * length, factor = control.get(block + 7);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int run = i / length, within = i % length, at = x + control.get(list + run) + within;
            memory.set(at,
                    memory.get(at) + memory.get(factor) * memory.get(source + control.get(sources + run) + within));
        }
    }
}
