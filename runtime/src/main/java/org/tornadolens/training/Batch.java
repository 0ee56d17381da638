package org.tornadolens.training;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;

/**
 * Rows to learn from.
 *
 * @param tokens  every token is to be told from those before it
 * @param weights [batch, pos], row by row: how much the guess made at a position, of the token after it, counts; absent:
 *                all the same. Positions without a next token do not count whatever stands here
 */
public record Batch(Tokens tokens, Optional<float[]> weights) {

    public Batch {
        if (tokens.length() < 2)
            throw new UsageException(
                    "training needs rows of at least two tokens: the second is what the first is to tell");
        weights.ifPresent(w -> {
            if (w.length != tokens.ids().length)
                throw new UsageException(w.length + " weights for " + tokens.ids().length + " tokens");
            for (float weight : w)
                if (!(weight >= 0 && Float.isFinite(weight)))
                    throw new UsageException("a weight of a loss is a number from 0 on, not " + weight);
        });
    }

    public Batch(Tokens tokens) { this(tokens, Optional.empty()); }

    /** The weight of every position, 0 where it has no next token. */
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
