package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.parallel.Threads;

/**
 * The backward pass of metrics: from one number for each row and position to logits or vectors. {@code out} may be the
 * logits.
 */
public final class MetricGradient {

    private static final int GRAIN = 8 * 1024;   // elements that are worth waking another thread for

    private MetricGradient() {}

    /** Computes out[i] = dy[i] · (softmax(logits[i]) - one-hot of next[i]); zeros where next[i] is negative. */
    public static void nextTokenLoss(MemorySegment logits, MemorySegment dy, int[] next, int vocabulary,
            MemorySegment out) {
        long from = Memory.address(logits, (long) next.length * vocabulary, "the logits"),
                by = Memory.address(dy, next.length, "the gradient of the loss");
        long to = Memory.address(out, (long) next.length * vocabulary, "the gradient of the logits");
        Threads.range(next.length, grain(vocabulary), (first, last) -> {
            for (int i = first; i < last; i++) {
                long row = to + 4L * i * vocabulary;
                float weight = Memory.get(by + 4L * i);
                if (next[i] < 0 || weight == 0) {
                    Vectors.clear(vocabulary, row);
                    continue;
                }
                long x = from + 4L * i * vocabulary;
                softmax(x, (float) RowReductions.logSumOfExponentials(x, vocabulary), weight, vocabulary, row);
                Memory.set(row + 4L * next[i], Memory.get(row + 4L * next[i]) - weight);
            }
        });
        fence(logits, dy, out);
    }

    /**
     * Computes out[i] = dy[i] · (softmax among the row's tokens - softmax among all); logits [batch, n, vocabulary].
     */
    public static void logProbability(MemorySegment logits, MemorySegment dy, List<List<Integer>> tokens, int rows,
            int n,
            int vocabulary, MemorySegment out) {
        long from = Memory.address(logits, (long) rows * vocabulary, "the logits"),
                by = Memory.address(dy, rows, "the gradient of the log probability");
        long to = Memory.address(out, (long) rows * vocabulary, "the gradient of the logits");
        for (int i = 0; i < rows; i++) {
            List<Integer> set = tokens.get(i / n % tokens.size());
            long x = from + 4L * i * vocabulary, row = to + 4L * i * vocabulary;
            float weight = Memory.get(by + 4L * i);
            double max = Double.NEGATIVE_INFINITY, sum = 0;
            for (int token : set) max = Math.max(max, Memory.get(x + 4L * token));
            double[] shares = new double[set.size()];
            for (int t = 0; t < shares.length; t++) sum += shares[t] = Math.exp(Memory.get(x + 4L * set.get(t)) - max);
            softmax(x, (float) RowReductions.logSumOfExponentials(x, vocabulary), -weight, vocabulary, row);
            for (int t = 0; t < shares.length; t++) {
                long at = row + 4L * set.get(t);
                Memory.set(at, (float) (Memory.get(at) + weight * shares[t] / sum));
            }
        }
        fence(logits, dy, out);
    }

    /** Computes out[i] = dy[i] · (softmax(logits[i]) - softmax of the corresponding row of the reference). */
    public static void kl(MemorySegment logits, MemorySegment dy, MemorySegment reference, Regions pairs,
            int vocabulary,
            MemorySegment out) {
        int rows = pairs.offsets().length;
        long from = Memory.address(logits, (long) rows * vocabulary, "the logits"),
                by = Memory.address(dy, rows, "the gradient of the divergence");
        long to = Memory.address(out, (long) rows * vocabulary, "the gradient of the logits");
        Threads.range(rows, grain(vocabulary), (first, last) -> {
            for (int i = first; i < last; i++) {
                long x = from + 4 * pairs.offsets()[i], p = reference.address() + 4 * pairs.sources()[i],
                        row = to + 4 * pairs.offsets()[i];
                float weight = Memory.get(by + 4L * i);
                softmax(x, (float) RowReductions.logSumOfExponentials(x, vocabulary), weight, vocabulary, row);
                addSoftmax(p, (float) RowReductions.logSumOfExponentials(p, vocabulary), -weight, vocabulary, row);
            }
        });
        fence(logits, dy, reference, out);
    }

    /** Computes out = weight · e^(x - logSum). */
    private static void softmax(long x, float logSum, float weight, int n, long out) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            Exponential.exp(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).sub(logSum)).mul(weight)
                    .intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (; i < n; i++) Memory.set(out + 4L * i, (float) (weight * Math.exp(Memory.get(x + 4L * i) - logSum)));
    }

    /** Computes out += weight · e^(x - logSum). */
    private static void addSoftmax(long x, float logSum, float weight, int n, long out) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector before = FloatVector.fromMemorySegment(F, ALL, out + 4L * i, ORDER);
            Exponential.exp(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).sub(logSum)).mul(weight)
                    .add(before).intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (; i < n; i++)
            Memory.set(out + 4L * i,
                    (float) (Memory.get(out + 4L * i) + weight * Math.exp(Memory.get(x + 4L * i) - logSum)));
    }

    /** Computes out[x's offset] = dy · y for vectors of d elements; the regions hold the first element of each pair. */
    public static void dotFirst(MemorySegment dy, MemorySegment y, Regions pairs, int d, MemorySegment out) {
        for (int i = 0; i < pairs.offsets().length; i++) {
            Vectors.scale(Memory.get(dy.address() + 4L * i), y.address() + 4 * pairs.sources()[i], d,
                    out.address() + 4 * pairs.offsets()[i]);
        }
        fence(dy, y, out);
    }

    /** Computes out[y's offset] += dy · x. */
    public static void dotSecond(MemorySegment dy, MemorySegment x, Regions pairs, int d, MemorySegment out) {
        out.fill((byte) 0);
        for (int i = 0; i < pairs.offsets().length; i++) {
            Vectors.add(Memory.get(dy.address() + 4L * i), x.address() + 4 * pairs.offsets()[i], d,
                    out.address() + 4 * pairs.sources()[i]);
        }
        fence(dy, x, out);
    }

    /** Computes out[row, i] = dy[row] / count of the row's elements that are not NaN; zero where x is NaN. */
    public static void meanPositions(MemorySegment x, MemorySegment dy, int batch, int n, MemorySegment out) {
        for (int row = 0; row < batch; row++) {
            long from = x.address() + 4L * row * n, to = out.address() + 4L * row * n;
            int count = 0;
            for (int i = 0; i < n; i++) if (!Float.isNaN(Memory.get(from + 4L * i))) count++;
            float share = Memory.get(dy.address() + 4L * row) / count;
            for (int i = 0; i < n; i++) Memory.set(to + 4L * i, Float.isNaN(Memory.get(from + 4L * i)) ? 0 : share);
        }
        fence(x, dy, out);
    }

    private static int grain(int d) { return Math.max(1, GRAIN / Math.max(1, d)); }

    private static void fence(MemorySegment... segments) {
        for (MemorySegment segment : segments) Reference.reachabilityFence(segment);
    }
}
