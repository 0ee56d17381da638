package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.Weight;

/** The backward pass of RMSNorm, in one step and in three, over n rows of d floats. */
public final class NormGradient {

    private static final int GRAIN = 16 * 1024;   // elements that are worth waking another thread for

    /** Rows of a column that are added up in single precision before they are added to the total. */
    private static final int ROWS_OF_PARTIAL_SUM = 256;

    private NormGradient() {}

    /** Describes what {@link #rmsInput} works in. */
    public static Need scratchOfRmsInput(Weight w) {
        int d = w.columns();
        return Need.ofCaller(row(d).and(WeightRows.of(w).scratch(0, d)));
    }

    /** Describes what {@link #gain} and {@link #rmsGain} of n rows work in. */
    public static Need scratchOfGain(int n) {
        return Need.ofCaller(factors(n));
    }

    private static Layout row(int d) { return Layout.of(Region.ROWS, d); }

    private static Layout factors(int n) { return Layout.of(Region.SCORES, n); }

    /** Computes out[i, c] = dy[i] · x[i, c] / (d · scale[i]). */
    public static void scaleInput(MemorySegment x, MemorySegment scale, MemorySegment dy, int n, int d,
            MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "the norm's input"),
                by = Memory.address(scale, n, "the norm's scale");
        long gradient = Memory.address(dy, n, "the gradient of the scale"),
                to = Memory.address(out, (long) n * d, "the gradient of the norm's input");
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                Vectors.scale(Memory.get(gradient + 4L * i) / (d * Memory.get(by + 4L * i)), from + 4L * i * d, d,
                        to + 4L * i * d);
            }
        });
        fence(x, scale, dy, out);
    }

    /** Computes out[i] = -Σ dy[i, c] · x[i, c] / scale[i]². */
    public static void normalizeScale(MemorySegment dy, MemorySegment x, MemorySegment scale, int n, int d,
            MemorySegment out) {
        long gradient = Memory.address(dy, (long) n * d, "the gradient of the norm"),
                from = Memory.address(x, (long) n * d, "the norm's input");
        long by = Memory.address(scale, n, "the norm's scale"),
                to = Memory.address(out, n, "the gradient of the scale");
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                float s = Memory.get(by + 4L * i);
                Memory.set(to + 4L * i, -Vectors.dot(gradient + 4L * i * d, from + 4L * i * d, d) / (s * s));
            }
        });
        fence(dy, x, scale, out);
    }

    /**
     * Computes out[i, c] = (dy[i, c] · w[c] - x[i, c] · Σ dy[i] · w · x[i] / (d · s²)) / s, where s is the row's scale;
     * out may be dy.
     */
    public static void rmsInput(MemorySegment dy, MemorySegment x, Weight w, float eps, int n, int d,
            MemorySegment out) {
        long gradient = Memory.address(dy, (long) n * d, "the gradient of the norm"),
                from = Memory.address(x, (long) n * d, "the norm's input");
        long to = Memory.address(out, (long) n * d, "the gradient of the norm's input");
        float[] gain = row(d).array(Region.ROWS);
        WeightRows.of(w).read(0, 0, d, gain, 0);
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                long row = 4L * i * d;
                float s = Norm.scale(from + row, d, eps);
                rmsRow(gradient + row, from + row, gain, 1 / s,
                        weightedDot(gradient + row, from + row, gain, d) / (d * s * s * s), d, to + row);
            }
        });
        fence(dy, x, out);
        Reference.reachabilityFence(w);
    }

    private static float weightedDot(long dy, long x, float[] gain, int d) {
        FloatVector sum = FloatVector.zero(F);
        int c = 0;
        for (; c <= d - LANES; c += LANES) {
            sum = FloatVector.fromMemorySegment(F, ALL, dy + 4L * c, ORDER).mul(FloatVector.fromArray(F, gain, c))
                    .fma(FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER), sum);
        }
        float total = Memory.sum(sum);
        for (; c < d; c++) total += Memory.get(dy + 4L * c) * gain[c] * Memory.get(x + 4L * c);
        return total;
    }

    private static void rmsRow(long dy, long x, float[] gain, float inverse, float along, int d, long out) {
        FloatVector f = FloatVector.broadcast(F, inverse), g = FloatVector.broadcast(F, -along);
        int c = 0;
        for (; c <= d - LANES; c += LANES) {
            FloatVector.fromMemorySegment(F, ALL, dy + 4L * c, ORDER).mul(FloatVector.fromArray(F, gain, c)).mul(f)
                    .add(FloatVector.fromMemorySegment(F, ALL, x + 4L * c, ORDER).mul(g))
                    .intoMemorySegment(ALL, out + 4L * c, ORDER);
        }
        for (; c < d; c++)
            Memory.set(out + 4L * c, Memory.get(dy + 4L * c) * gain[c] * inverse - Memory.get(x + 4L * c) * along);
    }

    /** Computes out[c] = Σ_i dy[i, c] · x[i, c]. */
    public static void gain(MemorySegment dy, MemorySegment x, int n, int d, MemorySegment out) {
        float[] ones = factors(n).array(Region.SCORES);
        Arrays.fill(ones, 0, n, 1);
        columnSums(dy, x, ones, n, d, out);
    }

    /** Computes out[c] = Σ_i dy[i, c] · x[i, c] / √(mean of x[i]² + eps). */
    public static void rmsGain(MemorySegment dy, MemorySegment x, float eps, int n, int d, MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "the norm's input");
        float[] factors = factors(n).array(Region.SCORES);
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) factors[i] = 1 / Norm.scale(from + 4L * i * d, d, eps);
        });
        columnSums(dy, x, factors, n, d, out);
    }

    /**
     * Computes out[c] = Σ_i dy[i, c] · x[i, c] · factors[i]. Threads share columns, so that the order of a sum is
     * always the same.
     */
    private static void columnSums(MemorySegment dy, MemorySegment x, float[] factors, int n, int d,
            MemorySegment out) {
        long gradient = Memory.address(dy, (long) n * d, "the gradient of the norm"),
                from = Memory.address(x, (long) n * d, "the norm's input");
        long to = Memory.address(out, d, "the gradient of the gain");
        int blocks = (d + LANES - 1) / LANES;
        Threads.range(blocks, (int) Math.clamp((long) GRAIN / ((long) n * LANES), 1, blocks), (first, last) -> {
            for (int b = first; b < last; b++) {
                int c = b * LANES;
                if (c + LANES <= d) {
                    FloatVector total = FloatVector.zero(F);
                    for (int i = 0; i < n; i += ROWS_OF_PARTIAL_SUM) {
                        FloatVector sum = FloatVector.zero(F);
                        for (int j = i; j < Math.min(n, i + ROWS_OF_PARTIAL_SUM); j++) {
                            long at = 4 * ((long) j * d + c);
                            sum = FloatVector.fromMemorySegment(F, ALL, gradient + at, ORDER).mul(factors[j])
                                    .fma(FloatVector.fromMemorySegment(F, ALL, from + at, ORDER), sum);
                        }
                        total = total.add(sum);
                    }
                    total.intoMemorySegment(ALL, to + 4L * c, ORDER);
                } else {
                    for (; c < d; c++) {
                        double sum = 0;
                        for (int j = 0; j < n; j++) {
                            long at = 4 * ((long) j * d + c);
                            sum += (double) Memory.get(gradient + at) * factors[j] * Memory.get(from + at);
                        }
                        Memory.set(to + 4L * c, (float) sum);
                    }
                }
            }
        });
        fence(dy, x, out);
    }

    private static int grain(int d) { return Math.max(1, GRAIN / Math.max(1, d)); }

    private static void fence(MemorySegment... segments) {
        for (MemorySegment segment : segments) Reference.reachabilityFence(segment);
    }
}
