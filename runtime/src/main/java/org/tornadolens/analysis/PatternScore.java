package org.tornadolens.analysis;

import java.util.stream.IntStream;
import org.tornadolens.model.RandomTokens;

/**
 * A score of an attention pattern: the mean over destinations and batch rows of the attention to certain sources. It is
 * measured on repeated random tokens, where only position and repetition are informative.
 */
public enum PatternScore {

    /** Mean of A[i, 0] over all i (the attention sink of Xiao et al. 2023). */
    FIRST_TOKEN {
        @Override int firstDestination(RandomTokens tokens) { return 0; }
        @Override int[] sources(RandomTokens tokens, int destination) { return new int[]{0}; }
    },
    /** Mean of A[i, i-1] over all i but the first (Elhage et al. 2021). */
    PREVIOUS_TOKEN {
        @Override int firstDestination(RandomTokens tokens) { return 1; }
        @Override int[] sources(RandomTokens tokens, int destination) { return new int[]{destination - 1}; }
    },
    /** Mean of A[i, i] over all i. */
    CURRENT_TOKEN {
        @Override int firstDestination(RandomTokens tokens) { return 0; }
        @Override int[] sources(RandomTokens tokens, int destination) { return new int[]{destination}; }
    },
    /** Mean of A[i, i-P] over the copies after the first, of period P (Wang et al. 2022). */
    DUPLICATE_TOKEN {
        @Override int firstDestination(RandomTokens tokens) { return tokens.start() + tokens.period(); }
        @Override int[] sources(RandomTokens tokens, int destination) {
            return new int[]{destination - tokens.period()};
        }
    },
    /**
     * Mean of A[i, i-(P-1)], the token after the previous copy, over the copies after the first (Olsson et al. 2022).
     */
    INDUCTION {
        @Override int firstDestination(RandomTokens tokens) { return tokens.start() + tokens.period(); }
        @Override int[] sources(RandomTokens tokens, int destination) {
            return new int[]{destination - tokens.period() + 1};
        }
    },
    /**
     * Total attention to the tokens that followed earlier copies of the destination's token, averaged over the copies
     * after the first (Olsson et al. 2022: 25 random tokens, repeated four times, after a BOS).
     */
    PREFIX_MATCHING {
        @Override int firstDestination(RandomTokens tokens) { return tokens.start() + tokens.period(); }
        @Override int[] sources(RandomTokens tokens, int destination) {
            int copiesBefore = (destination - tokens.start()) / tokens.period();
            return IntStream.rangeClosed(1, copiesBefore).map(copy -> destination - copy * tokens.period() + 1)
                    .toArray();
        }
    };

    /** Returns the first destination that counts; all later ones do. */
    abstract int firstDestination(RandomTokens tokens);

    /** Returns the sources whose attention is summed for a destination. */
    abstract int[] sources(RandomTokens tokens, int destination);
}
