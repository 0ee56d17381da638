package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;

/** Rotary position embedding (Su et al., 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2. */
final class Rotary {

    private Rotary() {}

    /**
     * Rotates each head's vector by its position's angles:
     * {@code out[i] = x[i]·cos − x[i+h]·sin}, {@code out[i+h] = x[i+h]·cos + x[i]·sin}, h = dHead/2.
     *
     * @param x             [batch, pos, heads, dHead]; {@code out} likewise, and may be {@code x}
     * @param firstPosition the position of index 0, a batch row each; positions below 0 (left padding) count as 0
     * @param cos           [nCtx, dHead/2], as {@code sin}
     */
    static void rotate(MemorySegment x, int batch, int pos, int heads, int dHead, int[] firstPosition,
            MemorySegment cos, MemorySegment sin, MemorySegment out) {
        rotate(x, batch, pos, heads, dHead, firstPosition, cos, sin, false, out);
    }

    /** The same, both in rows or both in {@link Panels}. */
    static void rotate(MemorySegment x, int batch, int pos, int heads, int dHead, int[] firstPosition,
            MemorySegment cos, MemorySegment sin, boolean inPanels, MemorySegment out) {
        if (dHead % 2 != 0)
            throw new IllegalArgumentException(
                    "rotary embedding pairs coordinates; a head of " + dHead + " has an odd number");
        if (firstPosition.length != batch) {
            throw new IllegalArgumentException(firstPosition.length + " first positions for " + batch + " batch rows");
        }
        int half = dHead / 2, last = 0;
        for (int first : firstPosition) last = Math.max(last, first + pos - 1);
        int rows = Math.multiplyExact(batch, pos);
        long elements = Panels.floats(rows, (long) heads * dHead, inPanels);
        long from = Memory.address(x, elements, "rotary input"), to = Memory.address(out, elements, "rotary output");
        long c = Memory.address(cos, (last + 1L) * half, "the cosine table for position " + last);
        long s = Memory.address(sin, (last + 1L) * half, "the sine table for position " + last);
        IntUnaryOperator position = i -> Math.max(0, firstPosition[i / pos] + i % pos);
        if (inPanels) rotatePanels(from, rows, heads, half, position, c, s, to);
        else rotateRows(from, rows, heads, half, position, c, s, to);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(cos);
        Reference.reachabilityFence(sin);
        Reference.reachabilityFence(out);
    }

    private static void rotateRows(long x, int rows, int heads, int half, IntUnaryOperator position, long cos, long sin,
            long out) {
        Threads.range(rows, Math.max(1, 16 * 1024 / Math.max(1, 2 * heads * half)), (begin, end) -> {
            for (int i = begin; i < end; i++) {
                long angles = 4L * half * position.applyAsInt(i);
                for (int h = 0; h < heads; h++) {
                    long at = 8L * half * ((long) i * heads + h);
                    rotate(x + at, cos + angles, sin + angles, half, out + at);
                }
            }
        });
    }

    private static void rotatePanels(long x, int rows, int heads, int half, IntUnaryOperator position, long cos,
            long sin, long out) {
        Threads.range(Panels.count(rows), 1, (begin, end) -> {
            long columns = half * Tile.ROW;   // bytes of half a head
            long tables = Scratch.mine().memory(Scratch.Use.RESULTS, 3L * half * Tile.WIDTH),
                    cosines = tables + columns, sines = cosines + columns;
            for (int p = begin; p < end; p++) {
                turn(cos, half, p, rows, position, tables, cosines);
                turn(sin, half, p, rows, position, tables, sines);
                for (int h = 0; h < heads; h++) {
                    long at = 2 * columns * ((long) p * heads + h);
                    rotate(x + at, cosines, sines, half * Tile.WIDTH, out + at);
                }
            }
        });
    }

    /** A table's rows for the positions of panel p, side by side; rows past the last stand where the last does. */
    private static void turn(long table, int half, int p, int rows, IntUnaryOperator position, long between, long out) {
        for (int l = 0; l < Tile.WIDTH; l++) {
            Memory.copy(table + 4L * half * position.applyAsInt(Math.min(rows - 1, p * Tile.WIDTH + l)), half,
                    between + 4L * l * half);
        }
        Transpose.byRows(between, 4L * half, Tile.WIDTH, half, out, Tile.ROW);
    }

    /** out[i] = x[i]·cos[i] − x[i+half]·sin[i], out[i+half] = x[i+half]·cos[i] + x[i]·sin[i]. */
    private static void rotate(long x, long cos, long sin, int half, long out) {
        long far = 4L * half;
        int i = 0;
        for (; i <= half - LANES; i += LANES) {
            long at = 4L * i;
            FloatVector a = FloatVector.fromMemorySegment(F, ALL, x + at, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F, ALL, x + far + at, ORDER);
            FloatVector c = FloatVector.fromMemorySegment(F, ALL, cos + at, ORDER);
            FloatVector s = FloatVector.fromMemorySegment(F, ALL, sin + at, ORDER);
            a.mul(c).sub(b.mul(s)).intoMemorySegment(ALL, out + at, ORDER);
            b.mul(c).add(a.mul(s)).intoMemorySegment(ALL, out + far + at, ORDER);
        }
        for (; i < half; i++) {
            long at = 4L * i;
            float a = Memory.get(x + at), b = Memory.get(x + far + at), c = Memory.get(cos + at),
                    s = Memory.get(sin + at);
            Memory.set(out + at, a * c - b * s);
            Memory.set(out + far + at, b * c + a * s);
        }
    }
}
