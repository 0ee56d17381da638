package org.tornadolens.training.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Writes a list of random words, repeated two or three times, sometimes with other words in between. */
final class RepeatedWords implements Writer {
    private static final List<String> WORDS = Stream
            .of(Names.ALL, Lexicon.THINGS, Lexicon.PLACES, Lexicon.COLOURS, Lexicon.QUALITIES, Lexicon.ANIMALS,
                    Lexicon.JOBS, Lexicon.FOODS, Facts.INVENTED_WORDS)
            .flatMap(List::stream).distinct().toList();

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> {
            var once = draw.some(draw.between(4, 30), WORDS);
            var words = new ArrayList<>(once);
            for (int again = draw.between(1, 2); again > 0; again--) {
                if (draw.chance(0.3)) words.addAll(draw.some(draw.between(1, 8), WORDS));
                words.addAll(once);
            }
            return new Document.Prose(String.join(" ", words));
        }, Document.Prose::text);
    }
}
