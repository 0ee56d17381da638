package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rotary position embedding (Su et al. 2021), and what appends keys and values to a past.
 *
 * <pre>
 *   q [batch, pos, head, dHead]   -> turned                                    -> attention
 *   k [batch, pos, kvHead, dHead] -> turned -> past [batch, capacity, kvHead, dHead] -> attention
 *   v                             ----------> past
 * </pre>
 *
 * Coordinates i and i + dHead/2 of a head are turned by position · frequency i; cosines and sines come from a table
 * made in double precision.
 */
public final class Rotation {

    private Rotation() {}

    /** Arguments of {@link #turn}: x and out [batch, pos, heads, dHead]. */
    public interface Turn {
        int X = 1, BATCH = 2, POS = 3, HEADS = 4, D_HEAD = 5;
        /** List of each batch row's first position. */
        int FIRST_POSITIONS = 6;
        /** Tables [position, dHead/2]. */
        int COSINES = 7, SINES = 8;
        int OUT = 9;
    }

    /** Rotates every vector by its position. Tokens before position 0 are padding and stay as they are. */
    public static void turn(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Turn.X), pos = control.get(block + Turn.POS),
                heads = control.get(block + Turn.HEADS),
                dHead = control.get(block + Turn.D_HEAD), first = control.get(block + Turn.FIRST_POSITIONS);
        int cosines = control.get(block + Turn.COSINES), sines = control.get(block + Turn.SINES),
                out = control.get(block + Turn.OUT);
        int half = dHead / 2, n = control.get(block + Turn.BATCH) * pos * heads * half;
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

    /** Arguments of {@link #extend}: x [batch, pos, width], past [batch, capacity, width]. */
    public interface Extend {
        int X = 1, BATCH = 2, POS = 3;
        /** Elements of a position. */
        int WIDTH = 4;
        int PAST = 5;
        /** Positions that a row of the past has room for, and those that it holds. */
        int CAPACITY = 6, LENGTH = 7;
    }

    /** Appends rows to a past. */
    public static void extend(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int x = control.get(block + Extend.X), pos = control.get(block + Extend.POS),
                width = control.get(block + Extend.WIDTH),
                past = control.get(block + Extend.PAST);
        int capacity = control.get(block + Extend.CAPACITY), length = control.get(block + Extend.LENGTH);
        int n = control.get(block + Extend.BATCH) * pos * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int row = i / width, b = row / pos;
            memory.set(past + (b * capacity + length + row % pos) * width + i % width, memory.get(x + i));
        }
    }

    /** Arguments of kernels that rotate queries and keys and append keys and values to a past. */
    public interface Turning {
        int Q = 1, K = 2, V = 3, BATCH = 4, POS = 5, HEADS = 6, KV_HEADS = 7, D_HEAD = 8;
        /** List of each batch row's first position. */
        int FIRST_POSITIONS = 9;
        /** Tables [position, dHead/2]. */
        int COSINES = 10, SINES = 11;
        int PAST_KEYS = 12, PAST_VALUES = 13;
        /** Positions that a row of the past has room for, and those that it holds. */
        int CAPACITY = 14, LENGTH = 15;
    }

    /** Arguments of {@link #turnIntoPast}. */
    public interface IntoPast extends Turning {
        /** Where rotated queries go, which may be where they come from. */
        int TURNED_Q = 16;
    }

    /**
     * Rotates queries, rotates keys on their way into the past, and copies values there, in one launch for decoding.
     * An item takes a pair of coordinates.
     */
    public static void turnIntoPast(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int pos = control.get(block + IntoPast.POS), heads = control.get(block + IntoPast.HEADS),
                kvHeads = control.get(block + IntoPast.KV_HEADS),
                dHead = control.get(block + IntoPast.D_HEAD);
        int half = dHead / 2, all = heads + 2 * kvHeads, n = control.get(block + IntoPast.BATCH) * pos * all * half;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int pair = i % half, vector = i / half % all, row = i / half / all, b = row / pos;
            int position = Math.max(0, control.get(control.get(block + IntoPast.FIRST_POSITIONS) + b) + row % pos);
            int kept = (b * control.get(block + IntoPast.CAPACITY) + control.get(block + IntoPast.LENGTH) + row % pos)
                    * kvHeads;
            boolean query = vector < heads, value = vector >= heads + kvHeads;
            int head = query ? vector : value ? vector - heads - kvHeads : vector - heads;
            int from = query ? control.get(block + IntoPast.Q) + (row * heads + head) * dHead
                    : control.get(block + (value ? IntoPast.V : IntoPast.K)) + (row * kvHeads + head) * dHead;
            int to = query ? control.get(block + IntoPast.TURNED_Q) + (row * heads + head) * dHead
                    : control.get(block + (value ? IntoPast.PAST_VALUES : IntoPast.PAST_KEYS)) + (kept + head) * dHead;
            float cos = value ? 1f : memory.get(control.get(block + IntoPast.COSINES) + position * half + pair);
            float sin = value ? 0f : memory.get(control.get(block + IntoPast.SINES) + position * half + pair);
            float x = memory.get(from + pair), y = memory.get(from + pair + half);
            memory.set(to + pair, x * cos - y * sin);
            memory.set(to + pair + half, y * cos + x * sin);
        }
    }
}
