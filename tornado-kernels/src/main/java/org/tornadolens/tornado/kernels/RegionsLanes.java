package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Regions.Change;
import org.tornadolens.tornado.kernels.Regions.Gather;
import org.tornadolens.tornado.kernels.Regions.Runs;
import org.tornadolens.tornado.kernels.Regions.Shift;
import org.tornadolens.tornado.kernels.Regions.Sourced;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/** {@link Regions} for devices that are CPUs: an item goes through its share run by run, each with vector registers. */
public final class RegionsLanes {

    private RegionsLanes() {}

    public static void gather(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Gather.X), list = control.get(block + Gather.OFFSETS),
                length = control.get(block + Gather.LENGTH),
                out = control.get(block + Gather.OUT), n = control.get(block + Gather.RUNS) * length;
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
        int x = control.get(block + Runs.X), list = control.get(block + Runs.OFFSETS),
                length = control.get(block + Runs.LENGTH),
                n = control.get(block + Runs.RUNS) * length;
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

    /** Applies a rule to each selected number. */
    public static void change(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Change.X), list = control.get(block + Change.OFFSETS),
                length = control.get(block + Change.LENGTH);
        int n = control.get(block + Change.RUNS) * length, rule = control.get(block + Change.RULE);
        float a = memory.get(control.get(block + Change.FIRST)), b = memory.get(control.get(block + Change.SECOND));
        Float16 low = Lanes.all(a), high = Lanes.all(b);
        int last = Block.to(context, n);
        for (int i = Block.from(context, n); i < last;) {
            int run = i / length, within = i % length, count = Math.min(length - within, last - i);
            int at = x + control.get(list + run) + within;
            int vectors = count - count % Lanes.COUNT, times = rule == Rules.TIMES ? vectors : 0,
                    clamp = rule == Rules.CLAMP ? vectors : 0;
            for (int j = 0; j < times; j += Lanes.COUNT) {
                Lanes.store(memory, at + j, Lanes.times(Lanes.f32(memory, at + j), a));
            }
            for (int j = 0; j < clamp; j += Lanes.COUNT) {
                Lanes.store(memory, at + j, Float16.min(Float16.max(Lanes.f32(memory, at + j), low), high));
            }
            for (int j = times + clamp; j < count; j++)
                memory.set(at + j, Rules.changed(rule, memory.get(at + j), a, b));
            i += count;
        }
    }

    public static void replace(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Sourced.X), list = control.get(block + Sourced.OFFSETS),
                length = control.get(block + Sourced.LENGTH),
                source = control.get(block + Sourced.SOURCE), sources = control.get(block + Sourced.SOURCE_OFFSETS),
                n = control.get(block + Sourced.RUNS) * length;
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
        int x = control.get(block + Shift.X), list = control.get(block + Shift.OFFSETS),
                length = control.get(block + Shift.LENGTH),
                source = control.get(block + Shift.SOURCE), sources = control.get(block + Shift.SOURCE_OFFSETS),
                n = control.get(block + Shift.RUNS) * length;
        float factor = memory.get(control.get(block + Shift.FACTOR));
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
