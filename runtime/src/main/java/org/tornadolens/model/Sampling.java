package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Generated.Alternative;
import org.tornadolens.model.Generated.Choice;

/**
 * Chooses the next token from logits. A token must pass every limit.
 *
 * @param temperature divisor of the logits; 0 takes the most probable token
 * @param topP        samples from the most probable tokens whose total probability reaches this (nucleus sampling,
 *                    Holtzman et al. 2020); 1: all
 * @param topK        samples from this many most probable tokens; 0: all
 * @param minP        samples from tokens with at least this share of the largest probability (Nguyen et al. 2024); 0:
 *                    all
 */
public record Sampling(double temperature, double topP, int topK, double minP) {

    public static final Sampling GREEDY = new Sampling(0, 1, 0, 0);

    private static final double FEWER = 1e-3;    // share of the largest weight from which candidates are looked for

    public Sampling {
        if (!(temperature >= 0)) throw new UsageException("temperature " + temperature + ": it must be 0 or more");
        if (!(topP > 0 && topP <= 1))
            throw new UsageException("topP " + topP + ": it must be above 0 and at most 1");
        if (topK < 0) throw new UsageException("topK " + topK + ": it must be 0 (all) or more");
        if (!(minP >= 0 && minP <= 1)) throw new UsageException("minP " + minP + ": it must be from 0 (all) to 1");
    }

    /** Returns the token chosen from a row of logits. */
    int choose(MemorySegment logits, RandomGenerator random) {
        int n = size(logits), likeliest = argmax(logits, n);
        if (temperature == 0) return likeliest;
        double max = at(logits, likeliest);
        double[] weight = new double[n];   // 1 for the most probable token
        double total = 0;
        for (int i = 0; i < n; i++) total += weight[i] = Math.exp((at(logits, i) - max) / temperature);
        if (topK == 0 && topP == 1 && minP == 0)
            return draw(IntStream.range(0, n).toArray(), n, weight, total, random);
        int limit = topK == 0 ? n : Math.min(topK, n);
        int[] order = mostProbable(weight, limit, topP * total, minP);
        double kept = 0;
        int count = 0;
        while (count < Math.min(limit, order.length) && (count == 0 || kept < topP * total)
                && weight[order[count]] >= minP)
            kept += weight[order[count++]];
        return draw(order, count, weight, kept, random);
    }

    /**
     * Returns the heaviest indices, the heaviest first: {@code count} of them, or as many as weigh {@code sum}
     * together, or all that weigh at least {@code floor}, and possibly more. Only candidates above a threshold are
     * sorted, since a few tokens have nearly all of the probability.
     */
    private static int[] mostProbable(double[] weight, int count, double sum, double floor) {
        for (double threshold = FEWER;; threshold *= FEWER) {
            double least = threshold < Double.MIN_NORMAL ? floor : Math.max(threshold, floor);
            int[] candidates = IntStream.range(0, weight.length).filter(i -> weight[i] >= least).toArray();
            double all = 0;
            for (int candidate : candidates) all += weight[candidate];
            if (candidates.length < count && all < sum && least > floor) continue;
            return IntStream.of(candidates).boxed().sorted(Comparator.comparingDouble(i -> -weight[i]))
                    .mapToInt(Integer::intValue).toArray();
        }
    }

    private static int draw(int[] candidates, int count, double[] weight, double total, RandomGenerator random) {
        double remaining = random.nextDouble() * total;
        for (int i = 0; i < count; i++) {
            remaining -= weight[candidates[i]];
            if (remaining < 0) return candidates[i];
        }
        return candidates[count - 1];
    }

    /** Returns a token's log-probability at temperature 1, and the k most probable tokens. */
    static Choice report(MemorySegment logits, int token, int k) {
        int n = size(logits);
        double max = at(logits, argmax(logits, n)), sum = 0;
        double[] weight = new double[n];
        for (int i = 0; i < n; i++) sum += weight[i] = Math.exp(at(logits, i) - max);
        double normalizer = max + Math.log(sum);
        List<Alternative> alternatives = k == 0 ? List.of()
                : Arrays.stream(mostProbable(weight, Math.min(k, n), Double.POSITIVE_INFINITY, 0)).limit(k)
                        .mapToObj(i -> new Alternative(i, at(logits, i) - normalizer)).toList();
        return new Choice(token, at(logits, token) - normalizer, alternatives);
    }

    private static int size(MemorySegment logits) { return (int) (logits.byteSize() / Float.BYTES); }

    private static int argmax(MemorySegment logits, int n) {
        int best = 0;
        float largest = at(logits, 0);
        for (int i = 1; i < n; i++) {
            float logit = at(logits, i);
            if (logit > largest) {
                best = i;
                largest = logit;
            }
        }
        return best;
    }

    private static float at(MemorySegment logits, int i) { return logits.getAtIndex(ValueLayout.JAVA_FLOAT, i); }
}
