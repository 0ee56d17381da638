package org.tornadolens.training;

import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;

/**
 * A batch of training data.
 *
 * @param tokens  the rows; each token is predicted from those before it
 * @param weights [batch, pos], row by row: the weight in the loss of the prediction made at each position; absent: all
 *                equal. Positions without a next token have no weight, whatever is given here
 */
public record Batch(Tokens tokens, Optional<float[]> weights) {

    public Batch {
        if (tokens.length() < 2)
            throw new UsageException(
                    "training needs rows of at least two tokens: the first predicts the second");
        weights.ifPresent(w -> {
            if (w.length != tokens.ids().length)
                throw new UsageException(w.length + " weights for " + tokens.ids().length + " tokens");
            for (float weight : w)
                if (!(weight >= 0 && Float.isFinite(weight)))
                    throw new UsageException("weights of the loss must be at least 0, not " + weight);
        });
    }

    public Batch(Tokens tokens) { this(tokens, Optional.empty()); }

    /** Returns the weight of every position; 0 if it has no next token. */
    float[] effectiveWeights() {
        int length = tokens.length();
        float[] all = new float[tokens.ids().length];
        for (int i = 0; i < all.length; i++) {
            boolean counts = i % length < length - 1 && i % length >= tokens.padding()[i / length];
            all[i] = counts ? weights.map(w -> 1f).orElse(1f) : 0;
        }
        if (weights.isPresent()) for (int i = 0; i < all.length; i++) all[i] *= weights.get()[i];
        return all;
    }
}
