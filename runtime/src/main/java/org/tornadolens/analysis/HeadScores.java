package org.tornadolens.analysis;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Scores of what every head attends to, [layer, head], between 0 and 1. */
public final class HeadScores {

    private HeadScores() {}

    /**
     * Computes every {@link PatternScore} in one run. A hook reads the patterns as the model runs, so that only those
     * of one layer are in memory.
     */
    public static Map<PatternScore, Tensor> of(Model model, RandomTokens tokens) {
        return of(model, tokens, done -> {});
    }

    /** @param layers receives the number of completed layers */
    public static Map<PatternScore, Tensor> of(Model model, RandomTokens tokens, IntConsumer layers) {
        if (tokens.copies() < 2)
            throw new UsageException("head scores need random tokens that repeat; these occur once");
        int depth = model.configuration().nLayers(), heads = model.configuration().nHeads();
        Map<PatternScore, Tensor> scores = new EnumMap<>(PatternScore.class);
        for (PatternScore score : PatternScore.values())
            scores.put(score, Tensor.zeros(Shape.of("layer", depth, "head", heads)));
        Intervention reading = new Intervention.Hook(Site.of(HookPoint.PATTERN.everywhere()), (pattern, context) -> {
            int layer = Hook.of(context.name()).orElseThrow().layer();
            scores.forEach((score, table) -> {
                for (int head = 0; head < heads; head++)
                    table.set((float) mean(score, tokens, pattern.at("head", head)), layer, head);
            });
            layers.accept(layer + 1);
            return pattern;
        });
        model.run(tokens.tokens(), RunOptions.DEFAULT.with(List.of(reading)).stopAt(depth));
        return scores;
    }

    /** @param pattern [batch, dest, src] */
    private static double mean(PatternScore score, RandomTokens tokens, Tensor pattern) {
        double sum = 0;
        int first = score.firstDestination(tokens), destinations = tokens.tokens().length();
        for (int row = 0; row < tokens.tokens().batch(); row++) {
            for (int destination = first; destination < destinations; destination++) {
                for (int source : score.sources(tokens, destination)) sum += pattern.get(row, destination, source);
            }
        }
        return sum / tokens.tokens().batch() / (destinations - first);
    }
}
