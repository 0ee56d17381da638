package org.tornadolens.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The logit lens (nostalgebraist 2020): the predictions at each layer, computed by applying the final norm and the
 * unembedding to the residual stream, or to the output of attention or the MLP. For the residual stream, the last row
 * is the prediction of the model. Results at padding are masked.
 *
 * @param layers        names of the rows
 * @param tokens        ids of the most probable tokens, [batch, layer, pos, rank]
 * @param probabilities probabilities of these tokens, of the same shape
 * @param target        results for a requested token; absent if none was requested
 */
public record LogitLens(List<String> layers, Tensor tokens, Tensor probabilities, Optional<Target> target) {

    /** The values that are unembedded. */
    public enum Of { RESIDUAL, ATTENTION, MLP }

    /**
     * The results for one token, all [batch, layer, pos].
     *
     * @param rank 0 if it is the most probable
     */
    public record Target(Tensor logit, Tensor probability, Tensor rank) {}

    /**
     * Computes the lens.
     *
     * @param positions counted from each row's first real token, or from the end if negative; absent: all
     * @param top       number of most probable tokens to return
     * @param asked     a token for each row to follow through the layers; empty: none
     * @param done      receives the number of completed layers
     */
    public static LogitLens of(Run run, Of of, Optional<List<Integer>> positions, int top, int[] asked,
            IntConsumer done) {
        Model model = run.model();
        Configuration c = model.configuration();
        if (top < 1 || top > c.dVocab())
            throw new UsageException("top " + top + ": it must be from 1 to the vocabulary's " + c.dVocab());
        for (int token : asked)
            if (token < 0 || token >= c.dVocab())
                throw new UsageException("no token " + token + ": this model's ids run from 0 to " + (c.dVocab() - 1));
        List<Site> sites = names(of, c).stream().map(Site::of).map(s -> positions.map(s::at).orElse(s)).toList();
        Recorded values = Recorded.of(run, sites);
        Unembedding unembedding = new Unembedding(model);
        int batch = run.tokens().batch(), length = positions.map(List::size).orElse(run.tokens().length());
        Shape each = Shape.of("batch", batch, "layer", sites.size(), "pos", length);
        Shape ranked = Shape.of("batch", batch, "layer", sites.size(), "pos", length, "rank", top);
        Tensor tokens = Tensor.zeros(ranked), probabilities = Tensor.zeros(ranked);
        Target target = new Target(Tensor.zeros(each), Tensor.zeros(each), Tensor.zeros(each));
        for (int layer = 0; layer < sites.size(); layer++) {
            int at = layer;
            Tensor x = unembedding.normalized(values.get(sites.get(layer)))
                    .reshape(Shape.of("n", batch * length, "dModel", c.dModel()));
            unembedding.read(x, (i, logits) -> {
                int row = i / length, position = i % length;
                double total = logOfSum(logits);
                int[] best = Unembedding.largest(logits, top);
                for (int rank = 0; rank < top; rank++) {
                    tokens.set(best[rank], row, at, position, rank);
                    probabilities.set((float) Math.exp(logits[best[rank]] - total), row, at, position, rank);
                }
                if (asked.length == 0) return;
                float logit = logits[asked[row]];
                target.logit.set(logit, row, at, position);
                target.probability.set((float) Math.exp(logit - total), row, at, position);
                target.rank.set(IntStream.range(0, logits.length).filter(id -> logits[id] > logit).count(), row, at,
                        position);
            }, n -> {});
            done.accept(layer + 1);
        }
        UnaryOperator<Tensor> masked = positions.isPresent() ? UnaryOperator.identity() : run.tokens()::masked;
        return new LogitLens(labels(of, c), masked.apply(tokens), masked.apply(probabilities),
                asked.length == 0 ? Optional.empty() : Optional.of(new Target(masked.apply(target.logit),
                        masked.apply(target.probability), masked.apply(target.rank))));
    }

    /** Returns the names of the values that are unembedded, one for each row. */
    static List<String> names(Of of, Configuration c) {
        List<String> names = new ArrayList<>();
        for (int layer = 0; layer < c.nLayers(); layer++) {
            HookPoint point = switch (of) {
                case RESIDUAL -> HookPoint.RESID_PRE;
                case ATTENTION -> HookPoint.ATTN_OUT;
                case MLP -> HookPoint.MLP_OUT;
            };
            names.add(point.name(layer));
        }
        if (of == Of.RESIDUAL) names.add(HookPoint.RESID_POST.name(c.nLayers() - 1));
        return names;
    }

    private static List<String> labels(Of of, Configuration c) {
        return IntStream.range(0, names(of, c).size()).mapToObj(layer -> switch (of) {
            case RESIDUAL -> layer == 0 ? "embed" : "after " + (layer - 1);
            case ATTENTION -> "attn " + layer;
            case MLP -> "mlp " + layer;
        }).toList();
    }

    private static double logOfSum(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) max = Math.max(max, logit);
        double sum = 0;
        for (float logit : logits) sum += Math.exp(logit - max);
        return max + Math.log(sum);
    }
}
