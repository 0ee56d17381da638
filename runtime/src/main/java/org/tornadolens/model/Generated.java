package org.tornadolens.model;

import java.util.List;
import java.util.Optional;

/**
 * The result of a generation.
 *
 * @param rows    the ids of each row's prompt and continuation, without padding
 * @param endings why each row ended
 * @param choices the new tokens of each row with their probabilities; empty if they were not asked for
 * @param cache   the values of the runs that generated, at the positions of {@link #tokens}
 */
public record Generated(List<int[]> rows, List<Ending> endings, List<List<Choice>> choices, Optional<Cache> cache) {

    /** Why a row ended. */
    public enum Ending {
        /** The model chose one of its ends of sequence. */
        EOS,
        /** The row met an id or a text that was given to end it. */
        STOP,
        /** The row has as many new tokens as were asked for. */
        MAX,
        /** The row is as long as the model's context. */
        CONTEXT,
        /** The listener stopped the generation. */
        INTERRUPTED
    }

    /**
     * A new token.
     *
     * @param logProb      its log-probability in nats, in the model's own distribution (temperature 1, every token)
     * @param alternatives the most probable tokens, the most probable first
     */
    public record Choice(int token, double logProb, List<Alternative> alternatives) {}

    public record Alternative(int token, double logProb) {}

    /** Returns the rows, padded on the left. */
    public Tokens tokens() { return Tokens.of(rows); }

    /** Returns the values kept as a run of the whole rows, which has no logits. */
    public Run run(Model model) {
        Cache kept = cache.orElseThrow(() -> new IllegalStateException("this generation kept no values"));
        return new Run(model, RunOptions.DEFAULT.withoutLogits(), tokens(), Optional.empty(), Optional.empty(), kept);
    }
}
