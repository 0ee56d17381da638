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
        int x = control.get(block + 1), pos = control.get(block + 3), heads = control.get(block + 4), dHead = control.get(block + 5), first = control.get(block + 6);
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
        int x = control.get(block + 1), pos = control.get(block + 3), width = control.get(block + 4), past = control.get(block + 5);
        int capacity = control.get(block + 6), length = control.get(block + 7);
        int n = control.get(block + 2) * pos * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int row = i / width, b = row / pos;
            memory.set(past + (b * capacity + length + row % pos) * width + i % width, memory.get(x + i));
        }
    }
}
