package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.memory.Transpose;
import org.tornadolens.backend.cpu.parallel.Threads;

/** Rotary position embedding (Su et al., 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2. */
public final class Rotation {

    private Rotation() {}

    /**
     * Rotates each head's vector by its position's angles:
     * {@code out[i] = x[i]·cos − x[i+h]·sin}, {@code out[i+h] = x[i+h]·cos + x[i]·sin}, h = dHead/2.
     *
     * @param x             [batch, pos, heads, dHead]; {@code out} likewise, and may be {@code x}
     * @param firstPosition the position of index 0 of each batch row; positions below 0 (left padding) count as 0
     * @param cos           [nCtx, dHead/2], as {@code sin}
     */
    public static void rotate(MemorySegment x, int batch, int pos, int heads, int dHead, int[] firstPosition,
            MemorySegment cos, MemorySegment sin, MemorySegment out) {
        rotate(x, batch, pos, heads, dHead, firstPosition, cos, sin, false, out);
    }

    /** Describes what a rotation works in. */
    public static Need scratch(int dHead, boolean inPanels) {
        return inPanels ? Need.ofEach(tables(dHead / 2)) : Need.NONE;
    }

    /** Tables of a panel: cosines and sines [dHead/2, WIDTH], and rows before they are transposed. */
    private static Layout tables(int half) {
        return Layout.of(Region.RESULTS, 3L * half * Panels.ROWS);
    }

    /** Rotates as above, both operands in rows or both in {@link Panels}. */
    public static void rotate(MemorySegment x, int batch, int pos, int heads, int dHead, int[] firstPosition,
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
        Layout scratch = tables(half);
        Threads.range(Panels.count(rows), 1, (begin, end) -> {
            long columns = half * Panels.COLUMN_BYTES;   // bytes of half a head
            long tables = scratch.address(Region.RESULTS),
                    cosines = tables + columns, sines = cosines + columns;
            for (int p = begin; p < end; p++) {
                turn(cos, half, p, rows, position, tables, cosines);
                turn(sin, half, p, rows, position, tables, sines);
                for (int h = 0; h < heads; h++) {
                    long at = 2 * columns * ((long) p * heads + h);
                    rotate(x + at, cosines, sines, half * Panels.ROWS, out + at);
                }
            }
        });
    }

    /**
     * Writes a table's rows for the positions of panel p side by side; lanes beyond the last row repeat the last
     * position.
     */
    private static void turn(long table, int half, int p, int rows, IntUnaryOperator position, long between, long out) {
        for (int l = 0; l < Panels.ROWS; l++) {
            Memory.copy(table + 4L * half * position.applyAsInt(Math.min(rows - 1, p * Panels.ROWS + l)), half,
                    between + 4L * l * half);
        }
        Transpose.byRows(between, 4L * half, Panels.ROWS, half, out, Panels.COLUMN_BYTES);
    }

    /** Computes out[i] = x[i]·cos[i] − x[i+half]·sin[i], out[i+half] = x[i+half]·cos[i] + x[i]·sin[i]. */
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
