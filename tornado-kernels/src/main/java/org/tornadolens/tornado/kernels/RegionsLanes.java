package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * {@link Regions}, with the same arguments, on devices that are CPUs: an item goes through its piece run by run, each with
 * vector registers.
 */
public final class RegionsLanes {

    private RegionsLanes() {}

    public static void gather(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                out = control.get(block + 5), n = control.get(block + 3) * length;
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i),
                    vectors = count - count % Lanes.COUNT;
            int at = x + control.get(list + run) + within, to = out + i;
            for (int j = 0; j < vectors; j += Lanes.COUNT) Lanes.store(memory, to + j, Lanes.f32(memory, at + j));
            for (int j = vectors; j < count; j++) memory.set(to + j, memory.get(at + j));
            i += count;
        }
    }

    public static void zero(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                n = control.get(block + 3) * length;
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i),
                    vectors = count - count % Lanes.COUNT;
            int at = x + control.get(list + run) + within;
            for (int j = 0; j < vectors; j += Lanes.COUNT) Lanes.store(memory, at + j, Lanes.zero());
            for (int j = vectors; j < count; j++) memory.set(at + j, 0f);
            i += count;
        }
    }

    /** Rules without a loop of their own go number by number. */
    public static void change(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4);
        int n = control.get(block + 3) * length, rule = control.get(block + 7);
        float a = memory.get(control.get(block + 8)), b = memory.get(control.get(block + 9));
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i);
            int at = x + control.get(list + run) + within;
            int vectors = rule == Rules.TIMES ? count - count % Lanes.COUNT : 0;
            for (int j = 0; j < vectors; j += Lanes.COUNT) {
                Lanes.store(memory, at + j, Lanes.times(Lanes.f32(memory, at + j), a));
            }
            for (int j = vectors; j < count; j++) memory.set(at + j, Rules.changed(rule, memory.get(at + j), a, b));
            i += count;
        }
    }

    public static void replace(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                source = control.get(block + 5), sources = control.get(block + 6), n = control.get(block + 3) * length;
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i),
                    vectors = count - count % Lanes.COUNT;
            int at = x + control.get(list + run) + within, from = source + control.get(sources + run) + within;
            for (int j = 0; j < vectors; j += Lanes.COUNT) Lanes.store(memory, at + j, Lanes.f32(memory, from + j));
            for (int j = vectors; j < count; j++) memory.set(at + j, memory.get(from + j));
            i += count;
        }
    }

    public static void shift(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), list = control.get(block + 2), length = control.get(block + 4),
                source = control.get(block + 5), sources = control.get(block + 6), n = control.get(block + 3) * length;
        float factor = memory.get(control.get(block + 7));
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i),
                    vectors = count - count % Lanes.COUNT;
            int at = x + control.get(list + run) + within, from = source + control.get(sources + run) + within;
            for (int j = 0; j < vectors; j += Lanes.COUNT)
                Lanes.store(memory, at + j,
                        Float16.add(Lanes.f32(memory, at + j), Lanes.times(Lanes.f32(memory, from + j), factor)));
            for (int j = vectors; j < count; j++)
                memory.set(at + j, memory.get(at + j) + factor * memory.get(from + j));
            i += count;
        }
    }
}
