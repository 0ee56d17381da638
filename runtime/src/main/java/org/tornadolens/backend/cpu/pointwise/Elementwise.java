package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.Weight;

/** Operations on single elements or rows. An output may be one of the inputs unless stated otherwise. */
public final class Elementwise {

    private static final int GRAIN = 16 * 1024;   // elements that are worth waking another thread for

    private Elementwise() {}

    /** Computes out = a + b, n elements. */
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

    /** Computes out = silu(gate) · up, n elements; silu(x) = x / (1 + e^-x) (SwiGLU: Shazeer, 2020). */
    public static void swiglu(MemorySegment gate, MemorySegment up, long n, MemorySegment out) {
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

    /** Copies n elements; source and target must not overlap unless they are the same. */
    static void copy(MemorySegment x, long n, MemorySegment out) {
        Memory.address(x, n, "the copy's source");
        Memory.address(out, n, "the copy's target");
        inBlocks(n, (from, count) -> MemorySegment.copy(x, 4 * from, out, 4 * from, 4L * count));
    }

    /**
     * Copies out[i] = x[rows[i]], rows of d elements, from {@code count} rows; {@code out} must not overlap {@code x}.
     */
    static void gather(MemorySegment x, int count, int[] rows, int d, MemorySegment out) {
        Memory.address(x, (long) count * d, "the rows to gather from");
        Memory.address(out, (long) rows.length * d, "the gathered rows");
        for (int row : rows) Objects.checkIndex(row, count);
        Threads.range(rows.length, Math.max(1, GRAIN / Math.max(1, d)), (from, to) -> {
            for (int i = from; i < to; i++) MemorySegment.copy(x, 4L * rows[i] * d, out, 4L * i * d, 4L * d);
        });
    }

    /** Decodes row tokens[i] of the table to out[i]; out [tokens, table.columns]. */
    public static void embed(int[] tokens, Weight table, MemorySegment out) {
        embed(tokens, table, Activations.rows(out));
    }

    /** Describes what an embedding works in. */
    public static Need scratchOfEmbedding(Weight table, boolean outInPanels) {
        int d = table.columns();
        Layout each = row(d).and(WeightRows.of(table).scratch(0, d));
        return Need.ofEach(outInPanels ? each.and(panelRows(d)) : each);
    }

    private static Layout row(int d) { return Layout.of(Region.ROWS, d); }

    /** The rows of a panel before they are packed. */
    private static Layout panelRows(int d) {
        return Layout.of(Region.RESULTS, (long) Panels.ROWS * d);
    }

    /** Decodes rows of the table to rows or to panels. */
    public static void embed(int[] tokens, Weight table, Activations out) {
        int d = table.columns();
        long to = out.address(tokens.length, d, "the embedding's output");
        for (int token : tokens) {
            if (token < 0 || token >= table.rows()) {
                throw new IllegalArgumentException(
                        "token " + token + " is not in " + table.name() + " of " + table.rows() + " rows");
            }
        }
        WeightRows rows = WeightRows.of(table);
        if (out.inPanels()) embedInPanels(tokens, rows, d, to);
        else
            Threads.range(tokens.length, Math.max(1, GRAIN / d),
                    (first, last) -> embed(tokens, first, last, rows, d, to + 4L * first * d));
        Reference.reachabilityFence(table);
        Reference.reachabilityFence(out);
    }

    private static void embedInPanels(int[] tokens, WeightRows table, int d, long panels) {
        Threads.range(Panels.count(tokens.length), 1, (first, last) -> {
            long rows = panelRows(d).address(Region.RESULTS);
            for (int p = first; p < last; p++) {
                int from = p * Panels.ROWS, to = Math.min(tokens.length, from + Panels.ROWS);
                embed(tokens, from, to, table, d, rows);
                Panels.pack(rows, 4L * d, to - from, d, panels + p * Panels.COLUMN_BYTES * d);
            }
        });
    }

    /** Decodes the rows of tokens {@code from … to-1} to contiguous rows. */
    private static void embed(int[] tokens, int from, int to, WeightRows table, int d, long out) {
        float[] row = row(d).array(Region.ROWS);
        for (int i = from; i < to; i++) {
            table.read(tokens[i], 0, d, row, 0);
            Memory.store(row, 0, d, out + 4L * (i - from) * d);
        }
    }

    private interface Block { void run(long from, int count); }

    /** Runs a block at a time, each fitting the first-level cache, on all threads. */
    private static void inBlocks(long n, Block block) {
        int size = GRAIN / 4;
        Threads.range(Math.toIntExact((n + size - 1) / size), 4, (from, to) -> {
            for (int b = from; b < to; b++) block.run((long) b * size, (int) Math.min(size, n - (long) b * size));
        });
    }
}
