package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.Weight;

/** Operations that take element after element or row after row. An output may be one of the inputs unless said otherwise. */
public final class Elementwise {

    private static final int GRAIN = 16 * 1024;   // elements worth waking another thread for

    private Elementwise() {}

    /** out = a + b, n elements. */
    public static void add(MemorySegment a, MemorySegment b, long n, MemorySegment out) {
        long x = Memory.address(a, n, "the first summand"), y = Memory.address(b, n, "the second summand");
        long to = Memory.address(out, n, "the sum");
        inBlocks(n, (from, count) -> {
            long at = 4 * from;
            int i = 0;
            for (; i <= count - LANES; i += LANES) {
                FloatVector.fromMemorySegment(F, ALL, x + at + 4L * i, ORDER)
                        .add(FloatVector.fromMemorySegment(F, ALL, y + at + 4L * i, ORDER))
                        .intoMemorySegment(ALL, to + at + 4L * i, ORDER);
            }
            for (; i < count; i++)
                Memory.set(to + at + 4L * i, Memory.get(x + at + 4L * i) + Memory.get(y + at + 4L * i));
        });
        Reference.reachabilityFence(a);
        Reference.reachabilityFence(b);
        Reference.reachabilityFence(out);
    }

    /** out = silu(gate) · up, n elements; silu(x) = x / (1 + e^-x) (SwiGLU: Shazeer, 2020). */
    static void swiglu(MemorySegment gate, MemorySegment up, long n, MemorySegment out) {
        long g = Memory.address(gate, n, "the gate"), u = Memory.address(up, n, "up");
        long to = Memory.address(out, n, "SwiGLU's output");
        inBlocks(n, (from, count) -> swiglu(g + 4 * from, u + 4 * from, count, to + 4 * from));
        Reference.reachabilityFence(gate);
        Reference.reachabilityFence(up);
        Reference.reachabilityFence(out);
    }

    private static void swiglu(long gate, long up, int n, long out) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, gate + 4L * i, ORDER);
            x.div(Exponential.exp(x.neg()).add(1f)).mul(FloatVector.fromMemorySegment(F, ALL, up + 4L * i, ORDER))
                    .intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        if (i == n) return;
        VectorMask<Float> rest = F.indexInRange(i, n);
        FloatVector x = FloatVector.fromMemorySegment(F, ALL, gate + 4L * i, ORDER, rest);
        x.div(Exponential.exp(x.neg()).add(1f)).mul(FloatVector.fromMemorySegment(F, ALL, up + 4L * i, ORDER, rest))
                .intoMemorySegment(ALL, out + 4L * i, ORDER, rest);
    }

    /** out = x, n elements; the two must not overlap unless they are the same. */
    static void copy(MemorySegment x, long n, MemorySegment out) {
        Memory.address(x, n, "the copy's source");
        Memory.address(out, n, "the copy's target");
        inBlocks(n, (from, count) -> MemorySegment.copy(x, 4 * from, out, 4 * from, 4L * count));
    }

    /** out[i] = x[rows[i]], rows of d elements, x holding {@code count} of them; {@code out} must not overlap {@code x}. */
    static void gather(MemorySegment x, int count, int[] rows, int d, MemorySegment out) {
        Memory.address(x, (long) count * d, "the rows to gather from");
        Memory.address(out, (long) rows.length * d, "the gathered rows");
        for (int row : rows) Objects.checkIndex(row, count);
        Threads.range(rows.length, Math.max(1, GRAIN / Math.max(1, d)), (from, to) -> {
            for (int i = from; i < to; i++) MemorySegment.copy(x, 4L * rows[i] * d, out, 4L * i * d, 4L * d);
        });
    }

    /** out[i] = row tokens[i] of the table, decoded; out [tokens, table.columns]. */
    static void embed(int[] tokens, Weight table, MemorySegment out) {
        embed(tokens, table, Activations.rows(out));
    }

    /** The same to rows or to panels. */
    static void embed(int[] tokens, Weight table, Activations out) {
        int d = table.columns();
        long to = out.address(tokens.length, d, "the embedding's output");
        for (int token : tokens) {
            if (token < 0 || token >= table.rows()) {
                throw new IllegalArgumentException(
                        "token " + token + " is not in " + table.name() + " of " + table.rows() + " rows");
            }
        }
        Rows rows = Rows.of(table);
        if (out.inPanels()) embedInPanels(tokens, rows, d, to);
        else
            Threads.range(tokens.length, Math.max(1, GRAIN / d),
                    (first, last) -> embed(tokens, first, last, rows, d, to + 4L * first * d));
        Reference.reachabilityFence(table);
        Reference.reachabilityFence(out);
    }

    private static void embedInPanels(int[] tokens, Rows table, int d, long panels) {
        Threads.range(Panels.count(tokens.length), 1, (first, last) -> {
            long rows = Scratch.mine().memory(Use.RESULTS, (long) Tile.WIDTH * d);
            for (int p = first; p < last; p++) {
                int from = p * Tile.WIDTH, to = Math.min(tokens.length, from + Tile.WIDTH);
                embed(tokens, from, to, table, d, rows);
                Panels.pack(rows, 4L * d, to - from, d, panels + p * Tile.ROW * d);
            }
        });
    }

    /** Tokens from … to-1, to contiguous rows. */
    private static void embed(int[] tokens, int from, int to, Rows table, int d, long out) {
        float[] row = Scratch.mine().get(Use.ROWS, d);
        for (int i = from; i < to; i++) {
            table.read(tokens[i], 0, d, row, 0);
            Memory.store(row, 0, d, out + 4L * (i - from) * d);
        }
    }

    private interface Block { void run(long from, int count); }

    /** Elements 0 … n-1 in blocks that fit the first-level cache, on all threads. */
    private static void inBlocks(long n, Block block) {
        int size = GRAIN / 4;
        Threads.range(Math.toIntExact((n + size - 1) / size), 4, (from, to) -> {
            for (int b = from; b < to; b++) block.run((long) b * size, (int) Math.min(size, n - (long) b * size));
        });
    }
}
