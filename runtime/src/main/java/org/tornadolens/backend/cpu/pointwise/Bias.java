package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
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

/** Biases, one number for each column of n rows, and their derivative. */
public final class Bias {

    private static final int GRAIN = 16 * 1024;   // elements that are worth waking another thread for

    /** Rows of a column that are added up in single precision before they are added to the total. */
    private static final int ROWS_OF_PARTIAL_SUM = 256;

    private Bias() {}

    /** Describes what {@link #add} works in. */
    public static Need scratch(Weight bias) {
        int d = bias.columns();
        return Need.ofCaller(numbers(d).and(WeightRows.of(bias).scratch(0, d)));
    }

    private static Layout numbers(int d) { return Layout.of(Region.ROWS, d); }

    /** Computes out[i, c] = x[i, c] + bias[c]; both lie in rows or both in {@link Panels}, and may be the same. */
    public static void add(Activations x, Weight bias, int n, Activations out) {
        if (x.inPanels() != out.inPanels()) throw new IllegalArgumentException("a biased value keeps its layout");
        int d = bias.columns();
        long from = x.address(n, d, "the bias' input"), to = out.address(n, d, "the bias' output");
        float[] numbers = numbers(d).array(Region.ROWS);
        WeightRows.of(bias).read(0, 0, d, numbers, 0);
        if (x.inPanels()) {
            Threads.range(Panels.count(n), 1, (first, last) -> {
                for (int p = first; p < last; p++) {
                    addToPanel(from + p * Panels.COLUMN_BYTES * d, numbers, d, to + p * Panels.COLUMN_BYTES * d);
                }
            });
        } else {
            Threads.range(n, Math.max(1, GRAIN / Math.max(1, d)), (first, last) -> {
                for (int i = first; i < last; i++) addToRow(from + 4L * i * d, numbers, d, to + 4L * i * d);
            });
        }
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(bias);
        Reference.reachabilityFence(out);
    }

    private static void addToRow(long x, float[] bias, int d, long out) {
        int c = 0;
        for (; c <= d - LANES; c += LANES) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER).add(FloatVector.fromArray(F, bias, c))
                    .intoMemorySegment(ALL, out + 4L * c, ORDER);
        }
        for (; c < d; c++) Memory.set(out + 4L * c, Memory.get(x + 4L * c) + bias[c]);
    }

    private static void addToPanel(long x, float[] bias, int d, long out) {
        for (int c = 0; c < d; c++) {
            FloatVector number = FloatVector.broadcast(F, bias[c]);
            for (int l = 0; l < Panels.ROWS; l += LANES) {
                long at = c * Panels.COLUMN_BYTES + 4L * l;
                FloatVector sum = FloatVector.fromMemorySegment(F, ALL, x + at, ORDER).add(number);
                sum.intoMemorySegment(ALL, out + at, ORDER);
            }
        }
    }

    /** Computes out[c] = Σ_i dy[i, c]. Threads share columns, so that the order of a sum is always the same. */
    public static void weight(MemorySegment dy, int n, int d, MemorySegment out) {
        long from = Memory.address(dy, (long) n * d, "the gradient of the biased value");
        long to = Memory.address(out, d, "the gradient of the bias");
        int blocks = (d + LANES - 1) / LANES;
        Threads.range(blocks, (int) Math.clamp((long) GRAIN / ((long) n * LANES), 1, blocks), (first, last) -> {
            for (int b = first; b < last; b++) {
                int c = b * LANES;
                if (c + LANES <= d) sumColumns(from + 4L * c, n, d, to + 4L * c);
                else for (; c < d; c++) sumColumn(from + 4L * c, n, d, to + 4L * c);
            }
        });
        Reference.reachabilityFence(dy);
        Reference.reachabilityFence(out);
    }

    /** Sums LANES neighbouring columns of n rows of d floats. */
    private static void sumColumns(long x, int n, int d, long out) {
        FloatVector total = FloatVector.zero(F);
        for (int i = 0; i < n; i += ROWS_OF_PARTIAL_SUM) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = i; j < Math.min(n, i + ROWS_OF_PARTIAL_SUM); j++) {
                sum = sum.add(FloatVector.fromMemorySegment(F, ALL, x + 4L * j * d, ORDER));
            }
            total = total.add(sum);
        }
        total.intoMemorySegment(ALL, out, ORDER);
    }

    private static void sumColumn(long x, int n, int d, long out) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Memory.get(x + 4L * i * d);
        Memory.set(out, (float) sum);
    }
}
