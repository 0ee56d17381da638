package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.Weight;

/** RMSNorm (Zhang and Sennrich, 2019) of n rows of d floats, in one step and in three. The output may be the input. */
public final class Norm {

    private static final int GRAIN = 16 * 1024;   // elements that are worth waking another thread for

    private Norm() {}

    /** Computes out[i] = √(mean of x[i]² + eps); x [n, d], out [n]. */
    public static void scale(MemorySegment x, int n, int d, float eps, MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "the norm's input"),
                to = Memory.address(out, n, "the norm's scale");
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) Memory.set(to + 4L * i, scale(from + 4L * i * d, d, eps));
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    /** Computes out[i, c] = x[i, c] / scale[i]; x and out [n, d], scale [n]. */
    public static void normalize(MemorySegment x, MemorySegment scale, int n, int d, MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "the norm's input"),
                by = Memory.address(scale, n, "the norm's scale");
        long to = Memory.address(out, (long) n * d, "the norm's output");
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) divide(from + 4L * i * d, Memory.get(by + 4L * i), d, to + 4L * i * d);
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(scale);
        Reference.reachabilityFence(out);
    }

    /** Computes out[i, c] = x[i, c] · w[c]; x and out [n, d], w one row of d. */
    public static void gain(MemorySegment x, Weight w, int n, int d, MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "the norm's input"),
                to = Memory.address(out, (long) n * d, "the norm's output");
        float[] gain = gain(w, d);
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) multiply(from + 4L * i * d, 1, gain, d, to + 4L * i * d);
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    /** Computes all three steps at once: out[i, c] = x[i, c] / √(mean of x[i]² + eps) · w[c]. */
    public static void rms(MemorySegment x, Weight w, float eps, int n, int d, MemorySegment out) {
        rms(Activations.rows(x), w, eps, n, 1, d, Activations.rows(out));
    }

    /**
     * Computes all three steps from rows to rows, or from rows or panels to panels.
     *
     * @param n       number of rows
     * @param vectors number of vectors of d elements in each row, every one normalized by itself: 1, or one for each
     *                head
     */
    public static void rms(Activations x, Weight w, float eps, int n, int vectors, int d, Activations out) {
        if (x.inPanels() && !out.inPanels())
            throw new IllegalArgumentException("a norm of panels is written in panels");
        int columns = Math.multiplyExact(vectors, d);
        long from = x.address(n, columns, "the norm's input"), to = out.address(n, columns, "the norm's output");
        float[] gain = gain(w, d);
        if (x.inPanels()) rmsOfPanels(from, gain, eps, n, vectors, d, to);
        else if (out.inPanels()) rmsToPanels(from, gain, eps, n, vectors, d, to);
        else rms(from, gain, eps, Math.multiplyExact(n, vectors), d, to);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    /** Describes what {@link #gain} works in. */
    public static Need scratchOfGain(Weight w) {
        int d = w.columns();
        return Need.ofCaller(gainRow(d).and(WeightRows.of(w).scratch(0, d)));
    }

    /** Describes what {@link #rms} works in. */
    public static Need scratchOfRms(Weight w, boolean xInPanels, boolean outInPanels) {
        Need need = scratchOfGain(w);
        if (xInPanels) return need.and(Need.ofEach(OF_PANELS));
        return outInPanels ? need.and(Need.ofEach(TO_PANELS)) : need;
    }

    private static Layout gainRow(int d) { return Layout.of(Region.ROWS, d); }

    private static final Layout TO_PANELS = Layout.of(Region.SCORES, Panels.ROWS);   // factors of a panel's rows
    // sums of squares
    private static final Layout OF_PANELS = TO_PANELS.and(Region.RUNNING, Panels.ROWS * Panels.ROWS);

    private static void rms(long from, float[] gain, float eps, int n, int d, long to) {
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                long row = 4L * i * d;
                multiply(from + row, 1 / scale(from + row, d, eps), gain, d, to + row);
            }
        });
    }

    private static void rmsToPanels(long x, float[] gain, float eps, int n, int vectors, int d, long panels) {
        int columns = vectors * d;
        Threads.range(Panels.count(n), 1, (first, last) -> {
            float[] factors = TO_PANELS.array(Region.SCORES);
            for (int p = first; p < last; p++) {
                int rows = Math.min(Panels.ROWS, n - p * Panels.ROWS);
                long from = x + p * Panels.COLUMN_BYTES * columns, to = panels + p * Panels.COLUMN_BYTES * columns;
                Panels.pack(from, 4L * columns, rows, columns, to);
                for (int v = 0; v < vectors; v++) {
                    for (int i = 0; i < rows; i++) factors[i] = 1 / scale(from + 4L * (i * columns + v * d), d, eps);
                    multiplyPanel(to + v * d * Panels.COLUMN_BYTES, factors, gain, d, to + v * d * Panels.COLUMN_BYTES);
                }
            }
        });
    }

    private static void rmsOfPanels(long x, float[] gain, float eps, int n, int vectors, int d, long panels) {
        Threads.range(Panels.count(n), 1, (first, last) -> {
            float[] factors = OF_PANELS.array(Region.SCORES);
            float[] sums = OF_PANELS.array(Region.RUNNING);
            for (int v = first * vectors; v < last * vectors; v++) {   // a panel holds each of the vectors of its rows
                long from = x + v * Panels.COLUMN_BYTES * d;
                squares(from, d, sums);
                for (int i = 0; i < Panels.ROWS; i++) factors[i] = 1 / (float) Math.sqrt(sums[i] / d + eps);
                multiplyPanel(from, factors, gain, d, panels + v * Panels.COLUMN_BYTES * d);
            }
        });
    }

    /** Writes the sum of squares of each row of a panel to {@code sums}, adding in the order of {@link #scale}. */
    private static void squares(long panel, int d, float[] sums) {
        int whole = d / Panels.ROWS * Panels.ROWS;
        Arrays.fill(sums, 0, Panels.ROWS * Panels.ROWS, 0);
        for (int c = 0; c < whole; c += Panels.ROWS) {
            for (int i = 0; i < Panels.ROWS * Panels.ROWS; i += LANES)
                addSquares(panel + c * Panels.COLUMN_BYTES + 4L * i, sums, i);
        }
        for (int half = Panels.ROWS * Panels.ROWS / 2; half >= Panels.ROWS; half /= 2) {
            for (int i = 0; i < half; i += LANES)
                FloatVector.fromArray(F, sums, i).add(FloatVector.fromArray(F, sums, i + half)).intoArray(sums, i);
        }
        for (int c = whole; c < d; c++) {
            for (int l = 0; l < Panels.ROWS; l += LANES) addSquares(panel + c * Panels.COLUMN_BYTES + 4L * l, sums, l);
        }
    }

    private static void addSquares(long x, float[] sums, int at) {
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, x, ORDER);
        v.fma(v, FloatVector.fromArray(F, sums, at)).intoArray(sums, at);
    }

    /** Multiplies a panel's rows by their factors and its columns by their gains. */
    private static void multiplyPanel(long x, float[] factors, float[] gain, int d, long out) {
        for (int l = 0; l < Panels.ROWS; l += LANES) {
            FloatVector f = FloatVector.fromArray(F, factors, l);
            for (int c = 0; c < d; c++) {
                long at = c * Panels.COLUMN_BYTES + 4L * l;
                FloatVector.fromMemorySegment(F, ALL, x + at, ORDER).mul(f).mul(gain[c]).intoMemorySegment(ALL,
                        out + at, ORDER);
            }
        }
    }

    private static int grain(int d) { return Math.max(1, GRAIN / Math.max(1, d)); }

    /** Decodes the gains to this thread's scratch. */
    private static float[] gain(Weight w, int d) {
        if (w.columns() != d)
            throw new IllegalArgumentException(w.name() + " has " + w.columns() + " elements, not " + d);
        float[] gain = gainRow(d).array(Region.ROWS);
        WeightRows.of(w).read(0, 0, d, gain, 0);
        Reference.reachabilityFence(w);
        return gain;
    }

    /** Returns √(mean of x² + eps) of the row at an address. */
    public static float scale(long x, int d, float eps) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0;
        int c = 0;
        for (; c <= d - 2 * LANES; c += 2 * LANES) {
            FloatVector v0 = FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, ALL, x + 4L * c + 4 * LANES, ORDER);
            s0 = v0.fma(v0, s0);
            s1 = v1.fma(v1, s1);
        }
        float sum = Memory.sum(s0.add(s1));
        for (; c < d; c++) {
            float v = Memory.get(x + 4L * c);
            sum = Math.fma(v, v, sum);
        }
        return (float) Math.sqrt(sum / d + eps);
    }

    private static void divide(long x, float by, int d, long out) {
        FloatVector divisor = FloatVector.broadcast(F, by);
        int c = 0;
        for (; c <= d - LANES; c += LANES) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER).div(divisor).intoMemorySegment(ALL, out + 4L * c,
                    ORDER);
        }
        for (; c < d; c++) Memory.set(out + 4L * c, Memory.get(x + 4L * c) / by);
    }

    private static void multiply(long x, float factor, float[] gain, int d, long out) {
        FloatVector f = FloatVector.broadcast(F, factor);
        int c = 0;
        for (; c <= d - LANES; c += LANES) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER).mul(f).mul(FloatVector.fromArray(F, gain, c))
                    .intoMemorySegment(ALL, out + 4L * c, ORDER);
        }
        for (; c < d; c++) Memory.set(out + 4L * c, Memory.get(x + 4L * c) * factor * gain[c]);
    }
}
