package org.tornadolens.analysis;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/**
 * The tokens that a direction of the residual stream promotes and suppresses: the direction times the gain of the final
 * norm and the unembedding, before the scale of the final norm.
 *
 * @param promoted   ids, the most promoted first
 * @param gains      contributions of one unit of the direction to their logits
 * @param suppressed ids, the most suppressed first
 * @param losses     contributions to their logits
 */
public record PromotedTokens(int[] promoted, float[] gains, int[] suppressed, float[] losses) {

    /**
     * @param directions [n, dModel]
     * @param top        how many of each
     */
    public static List<PromotedTokens> of(Model model, Tensor directions, int top) {
        if (directions.shape().rank() != 2 || directions.shape().size(1) != model.configuration().dModel())
            throw new UsageException("directions of the residual stream are [n, dModel "
                    + model.configuration().dModel() + "], not " + directions.shape());
        int count = Math.min(top, model.configuration().dVocab());
        PromotedTokens[] all = new PromotedTokens[directions.shape().size(0)];
        new Unembedding(model).read(directions, (n, logits) -> {
            int[] most = Unembedding.largest(logits, count);
            float[] negated = new float[logits.length];
            for (int id = 0; id < logits.length; id++) negated[id] = -logits[id];
            int[] least = Unembedding.largest(negated, count);
            all[n] = new PromotedTokens(most, values(logits, most), least, values(logits, least));
        }, _ -> {});
        return Arrays.asList(all);
    }

    private static float[] values(float[] logits, int[] ids) {
        float[] values = new float[ids.length];
        IntStream.range(0, ids.length).forEach(i -> values[i] = logits[ids[i]]);
        return values;
    }
}
