package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rotary position embedding (Su et al. 2021) and the past that keys and values go to.
 *
 * <pre>
 *   q [batch, pos, head, dHead]   -> turned                                    -> attention
 *   k [batch, pos, kvHead, dHead] -> turned -> past [batch, capacity, kvHead, dHead] -> attention
 *   v                             ----------> past
 * </pre>
 *
 * Coordinates i and i + dHead/2 of a head are turned by position · frequency i; cosines and sines come from a table made
 * in double precision.
 */
public final class Rotation {

    private Rotation() {}

    /**
     * Arguments: 1 x, 2 batch, 3 pos, 4 heads, 5 dHead, 6 list: the position of each batch row's first token, 7 cosines
     * [position, dHead/2], 8 sines, 9 out. Tokens before position 0 are padding, and stay as they are.
     */
    public static void turn(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), pos = control.get(block + 3), heads = control.get(block + 4),
                dHead = control.get(block + 5), first = control.get(block + 6);
        int cosines = control.get(block + 7), sines = control.get(block + 8), out = control.get(block + 9);
        int half = dHead / 2, n = control.get(block + 2) * pos * heads * half;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int pair = i % half, vector = i / half, row = vector / heads;
            int position = Math.max(0, control.get(first + row / pos) + row % pos);
            float cos = memory.get(cosines + position * half + pair), sin = memory.get(sines + position * half + pair);
            int at = vector * dHead + pair;
            float a = memory.get(x + at), b = memory.get(x + at + half);
            memory.set(out + at, a * cos - b * sin);
            memory.set(out + at + half, b * cos + a * sin);
        }
    }

    /** Rows into a past. Arguments: 1 x, 2 batch, 3 pos, 4 elements of a position, 5 past, 6 capacity, 7 positions it holds. */
    public static void extend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + 1), pos = control.get(block + 3), width = control.get(block + 4),
                past = control.get(block + 5);
        int capacity = control.get(block + 6), length = control.get(block + 7);
        int n = control.get(block + 2) * pos * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int row = i / width, b = row / pos;
            memory.set(past + (b * capacity + length + row % pos) * width + i % width, memory.get(x + i));
        }
    }

    /**
     * All of the above in one launch, for decoding: queries turned where they lie or elsewhere, keys turned on their way
     * into the past, values copied there. An item takes a pair of coordinates.
     *
     * <p>Arguments: 1 q, 2 k, 3 v, 4 batch, 5 pos, 6 heads, 7 kvHeads, 8 dHead, 9 list: the position of each batch row's
     * first token, 10 cosines, 11 sines, 12 turned q, 13 past keys, 14 past values, 15 capacity, 16 positions it holds.
     */
    public static void turnIntoPast(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + 5), heads = control.get(block + 6), kvHeads = control.get(block + 7),
                dHead = control.get(block + 8);
        int half = dHead / 2, all = heads + 2 * kvHeads, n = control.get(block + 4) * pos * all * half;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int pair = i % half, vector = i / half % all, row = i / half / all, b = row / pos;
            int position = Math.max(0, control.get(control.get(block + 9) + b) + row % pos);
            int kept = (b * control.get(block + 15) + control.get(block + 16) + row % pos) * kvHeads;
            boolean query = vector < heads, value = vector >= heads + kvHeads;
            int head = query ? vector : value ? vector - heads - kvHeads : vector - heads;
            int from = query ? control.get(block + 1) + (row * heads + head) * dHead
                    : control.get(block + (value ? 3 : 2)) + (row * kvHeads + head) * dHead;
            int to = query ? control.get(block + 12) + (row * heads + head) * dHead
                    : control.get(block + (value ? 14 : 13)) + (kept + head) * dHead;
            float cos = value ? 1f : memory.get(control.get(block + 10) + position * half + pair);
            float sin = value ? 0f : memory.get(control.get(block + 11) + position * half + pair);
            float x = memory.get(from + pair), y = memory.get(from + pair + half);
            memory.set(to + pair, x * cos - y * sin);
            memory.set(to + pair + half, y * cos + x * sin);
        }
    }
}
