package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/**
 * Chooses the next token from logits.
 *
 * @param temperature divisor of the logits; 0 takes the most probable token
 * @param topP        samples from the most probable tokens whose total probability reaches this (nucleus sampling,
 *                    Holtzman et al. 2020); 1: all
 * @param topK        samples from this many most probable tokens; 0: all
 */
public record Sampling(double temperature, double topP, int topK) {

    public static final Sampling GREEDY = new Sampling(0, 1, 0);

    public Sampling {
        if (!(temperature >= 0)) throw new UsageException("temperature " + temperature + ": it must be 0 or more");
        if (!(topP > 0 && topP <= 1))
            throw new UsageException("topP " + topP + ": it must be above 0 and at most 1");
        if (topK < 0) throw new UsageException("topK " + topK + ": it must be 0 (all) or more");
    }

    /** Returns the token chosen from a row of logits. */
    int choose(MemorySegment logits, RandomGenerator random) {
        int n = (int) (logits.byteSize() / Float.BYTES);
        if (temperature == 0) return argmax(logits, n);
        double max = at(logits, argmax(logits, n));
        double[] weight = new double[n];
        double total = 0;
        for (int i = 0; i < n; i++) total += weight[i] = Math.exp((at(logits, i) - max) / temperature);
        if (topK == 0 && topP == 1) return draw(IntStream.range(0, n).toArray(), weight, total, random);
        int[] order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> -weight[i])).mapToInt(i -> i)
                .toArray();
        int limit = topK == 0 ? n : Math.min(topK, n), count = 0;
        double kept = 0;
        while (count < limit && (count == 0 || kept < topP * total)) kept += weight[order[count++]];
        return draw(Arrays.copyOf(order, count), weight, kept, random);
    }

    private static int draw(int[] candidates, double[] weight, double total, RandomGenerator random) {
        double remaining = random.nextDouble() * total;
        for (int candidate : candidates) {
            remaining -= weight[candidate];
            if (remaining < 0) return candidate;
        }
        return candidates[candidates.length - 1];
    }

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
