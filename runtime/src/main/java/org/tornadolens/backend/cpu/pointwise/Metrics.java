package org.tornadolens.backend.cpu.pointwise;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.List;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.cpu.parallel.Threads;

/** Metrics of logits or of the residual stream: one number for each row and position. */
public final class Metrics {

    private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT;

    private Metrics() {}

    /** Computes inner products of vectors of d elements; the regions hold the first element of each pair. */
    public static void dot(MemorySegment x, MemorySegment y, Regions pairs, int d, MemorySegment out) {
        for (int i = 0; i < pairs.offsets().length; i++) {
            double sum = 0;
            for (int c = 0; c < d; c++)
                sum += (double) x.getAtIndex(FLOATS, pairs.offsets()[i] + c)
                        * y.getAtIndex(FLOATS, pairs.sources()[i] + c);
            out.setAtIndex(FLOATS, i, (float) sum);
        }
    }

    /** Computes log Σ p over each row's tokens; logits [batch, n, vocabulary], out [batch, n]. */
    public static void logProbability(MemorySegment logits, List<List<Integer>> tokens, int batch, int n,
            int vocabulary,
            MemorySegment out) {
        for (int i = 0; i < batch * n; i++) {
            int[] set = tokens.get(i / n % tokens.size()).stream().mapToInt(Integer::intValue).toArray();
            long row = (long) i * vocabulary;
            double max = Double.NEGATIVE_INFINITY, sum = 0;
            for (int token : set) max = Math.max(max, logits.getAtIndex(FLOATS, row + token));
            for (int token : set) sum += Math.exp(logits.getAtIndex(FLOATS, row + token) - max);
            out.setAtIndex(FLOATS, i, (float) (max + Math.log(sum) - logSum(logits, row, vocabulary)));
        }
    }

    /** Counts the logits of each row that are greater than the token's; out [batch, n]. */
    public static void rank(MemorySegment logits, List<Integer> tokens, int batch, int n, int vocabulary,
            MemorySegment out) {
        for (int i = 0; i < batch * n; i++) {
            long row = (long) i * vocabulary;
            float own = logits.getAtIndex(FLOATS, row + tokens.get(i / n % tokens.size()));
            int greater = 0;
            for (int t = 0; t < vocabulary; t++) if (logits.getAtIndex(FLOATS, row + t) > own) greater++;
            out.setAtIndex(FLOATS, i, greater);
        }
    }

    /**
     * Computes Σ p (log p - log q), p from the reference, q from the logits; the regions hold the start of each pair of
     * rows.
     */
    public static void kl(MemorySegment logits, MemorySegment reference, Regions pairs, int vocabulary,
            MemorySegment out) {
        Threads.range(pairs.offsets().length, 1, (from, to) -> {
            for (int i = from; i < to; i++) {
                long q = pairs.offsets()[i], p = pairs.sources()[i];
                double logSumQ = logSum(logits, q, vocabulary), logSumP = logSum(reference, p, vocabulary), sum = 0;
                for (int t = 0; t < vocabulary; t++) {
                    double logP = reference.getAtIndex(FLOATS, p + t) - logSumP;
                    sum += Math.exp(logP) * (logP - (logits.getAtIndex(FLOATS, q + t) - logSumQ));
                }
                out.setAtIndex(FLOATS, i, (float) sum);
            }
        });
    }

    /** Computes the mean of each row of n without NaNs; NaN where no number is left. */
    public static void meanPositions(MemorySegment x, int batch, int n, MemorySegment out) {
        for (int row = 0; row < batch; row++) {
            double sum = 0;
            int count = 0;
            for (int i = 0; i < n; i++) {
                float value = x.getAtIndex(FLOATS, (long) row * n + i);
                if (Float.isNaN(value)) continue;
                sum += value;
                count++;
            }
            out.setAtIndex(FLOATS, row, (float) (sum / count));
        }
    }

    /** Computes the index of each row's largest logit, as a float. */
    public static void argMax(MemorySegment logits, int rows, int vocabulary, MemorySegment out) {
        int[] best = RowReductions.argmax(logits, rows, vocabulary);
        for (int i = 0; i < rows; i++) out.setAtIndex(FLOATS, i, best[i]);
    }

    private static double logSum(MemorySegment logits, long row, int vocabulary) {
        double logSum = RowReductions.logSumOfExponentials(logits.address() + Float.BYTES * row, vocabulary);
        Reference.reachabilityFence(logits);
        return logSum;
    }
}
