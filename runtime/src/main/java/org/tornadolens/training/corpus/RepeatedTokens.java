package org.tornadolens.training.corpus;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes uniformly random token ids, repeated two to four times: text on which induction heads form and are measured.
 */
final class RepeatedTokens implements Writer {
    /** Unknown, BOS and EOS are the first ids of the vocabulary and are never drawn. */
    private static final int FIRST_ORDINARY = 3;
    private static final int MAX_LENGTH = 510;

    private final int vocabulary;

    /** @param vocabulary number of token ids, including special ones */
    RepeatedTokens(int vocabulary) {
        this.vocabulary = vocabulary;
    }

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> {
            int times = draw.chance(0.6) ? 2 : draw.between(3, 4);
            int period = draw.between(5, Math.min(MAX_LENGTH / times, draw.chance(0.8) ? 40 : MAX_LENGTH));
            var once = new ArrayList<Integer>();
            for (int i = 0; i < period; i++) once.add(draw.between(FIRST_ORDINARY, vocabulary - 1));
            var ids = new ArrayList<Integer>();
            for (int i = 0; i < times; i++) ids.addAll(once);
            return new Document.Tokens(List.copyOf(ids), period);
        }, tokens -> tokens.ids().toString());
    }
}
