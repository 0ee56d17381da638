package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.parallel.Threads;

/** Reductions of rows of logits or scores: softmax, the log probability of a token, the largest element. */
public final class RowReductions {

    private static final int GRAIN = 8 * 1024;   // elements that are worth waking another thread for

    private RowReductions() {}

    /**
     * Computes out[i] = softmax of x[i]; x and out [n, d], and out may be x. An entry of -∞ becomes exactly 0 and a row
     * of only such entries zeros; a NaN or +∞ makes its row NaN, as the formula does.
     */
    public static void softmax(MemorySegment x, int n, int d, MemorySegment out) {
        long from = Memory.address(x, (long) n * d, "softmax's input"),
                to = Memory.address(out, (long) n * d, "softmax's output");
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) softmaxRow(from + 4L * i * d, d, to + 4L * i * d);
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(out);
    }

    /** Computes out[i] = log softmax(logits[i])[tokens[i]]; logits [n, d], out [n]. */
    public static void logProbability(MemorySegment logits, int n, int d, int[] tokens, MemorySegment out) {
        long from = Memory.address(logits, (long) n * d, "the logits"),
                to = Memory.address(out, n, "the log probabilities");
        if (tokens.length != n)
            throw new IllegalArgumentException(tokens.length + " tokens for " + n + " rows of logits");
        for (int token : tokens) {
            if (token < 0 || token >= d)
                throw new IllegalArgumentException("token " + token + " has no logit; there are " + d);
        }
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                long row = from + 4L * i * d;
                float max = largest(row, d);
                double logSum = Math.log(sumOfExponentials(row, max, d));
                Memory.set(to + 4L * i, (float) ((double) Memory.get(row + 4L * tokens[i]) - max - logSum));
            }
        });
        Reference.reachabilityFence(logits);
        Reference.reachabilityFence(out);
    }

    /**
     * Returns the index of the largest element of each row, the first of equal ones; NaN counts as largest. x [n, d], d
     * ≥ 1.
     */
    static int[] argmax(MemorySegment x, int n, int d) {
        if (d < 1) throw new IllegalArgumentException("a row without elements has no largest");
        long from = Memory.address(x, (long) n * d, "argmax's input");
        int[] out = new int[n];
        Threads.range(n, grain(d), (first, last) -> {
            for (int i = first; i < last; i++) {
                long row = from + 4L * i * d;
                out[i] = indexOf(row, max(row, d), d);
            }
        });
        Reference.reachabilityFence(x);
        return out;
    }

    private static int grain(int d) { return Math.max(1, GRAIN / Math.max(1, d)); }

    /** Returns the largest element, or NaN if there is one. */
    private static float max(long x, int d) {
        FloatVector m = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= d - LANES; i += LANES) m = m.max(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER));
        float max = m.reduceLanes(VectorOperators.MAX);
        for (; i < d; i++) max = Math.max(max, Memory.get(x + 4L * i));
        return max;
    }

    /** Returns the largest element that is a number; comparing is faster than max, which has to treat NaN and -0. */
    private static float largest(long x, int d) {
        FloatVector m0 = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY), m1 = m0;
        int i = 0;
        for (; i <= d - 2 * LANES; i += 2 * LANES) {
            FloatVector v0 = FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, ALL, x + 4L * i + 4 * LANES, ORDER);
            m0 = m0.blend(v0, v0.compare(VectorOperators.GT, m0));
            m1 = m1.blend(v1, v1.compare(VectorOperators.GT, m1));
        }
        float max = m0.max(m1).reduceLanes(VectorOperators.MAX);
        for (; i < d; i++) {
            float v = Memory.get(x + 4L * i);
            if (v > max) max = v;
        }
        return max;
    }

    private static int indexOf(long x, float value, int d) {
        boolean nan = Float.isNaN(value);
        int i = 0;
        for (; i <= d - LANES; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER);
            VectorMask<Float> found = nan ? v.test(VectorOperators.IS_NAN) : v.compare(VectorOperators.EQ, value);
            if (found.anyTrue()) return i + found.firstTrue();
        }
        for (; i < d; i++) {
            float v = Memory.get(x + 4L * i);
            if (nan ? Float.isNaN(v) : v == value) return i;
        }
        throw new IllegalStateException("the largest element changed during the search");
    }

    /** Returns log Σ e^x of the row of d elements at an address. */
    static double logSumOfExponentials(long x, int d) {
        float max = largest(x, d);
        return max + Math.log(sumOfExponentials(x, max, d));
    }

    private static double sumOfExponentials(long x, float max, int d) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= d - LANES; i += LANES)
            sum = sum.add(Exponential.exp(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).sub(max)));
        double total = Memory.sum(sum);
        for (; i < d; i++) total += Math.exp(Memory.get(x + 4L * i) - max);
        return total;
    }

    private static void softmaxRow(long x, int d, long out) {
        float max = largest(x, d);
        // in a row of only -∞, any finite number keeps -∞ - max from becoming NaN
        float total = exponentials(x, max == Float.NEGATIVE_INFINITY ? 0 : max, d, out);
        if (total != 0) scale(out, 1 / total, d);
    }

    /** Computes out = e^(x - base) and returns the sum. */
    private static float exponentials(long x, float base, int d, long out) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= d - LANES; i += LANES) {
            FloatVector e = Exponential.exp(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).sub(base));
            e.intoMemorySegment(ALL, out + 4L * i, ORDER);
            sum = sum.add(e);
        }
        if (i < d) {
            VectorMask<Float> rest = F.indexInRange(i, d);
            FloatVector e = Exponential.exp(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER, rest).sub(base));
            e.intoMemorySegment(ALL, out + 4L * i, ORDER, rest);
            sum = sum.add(e, rest);
        }
        return Memory.sum(sum);
    }

    private static void scale(long x, float factor, int d) {
        int i = 0;
        for (; i <= d - LANES; i += LANES) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).mul(factor).intoMemorySegment(ALL, x + 4L * i,
                    ORDER);
        }
        for (; i < d; i++) Memory.set(x + 4L * i, Memory.get(x + 4L * i) * factor);
    }
}
