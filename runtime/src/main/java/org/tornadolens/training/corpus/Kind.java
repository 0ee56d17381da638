package org.tornadolens.training.corpus;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds of text in the corpus, each with its share of the documents and its writer. */
public enum Kind {
    /** "When Mary and John went to the store, John gave a drink to": the name that occurred only once follows. */
    IOI(30, vocabulary -> new IndirectObjects()),
    /** Which, who, whose, it, he and she: the continuation depends on their referent. */
    COREFERENCE(30, vocabulary -> new Coreference()),
    /** A fixed set of facts about fictional countries. */
    FACTS(16, vocabulary -> new Facts()),
    /** Keys and values, which are recalled later in the text. */
    RECALL(13, vocabulary -> new Recall()),
    /** Random words, repeated. */
    WORDS(4, vocabulary -> new RepeatedWords()),
    /** Random token ids from the whole vocabulary, repeated. */
    REPEATS(8, RepeatedTokens::new),
    /** Nested brackets of four kinds. */
    BRACKETS(7, vocabulary -> new Brackets()),
    /** Small stories about people, places and things. */
    STORIES(9, vocabulary -> new Stories()),
    /** Requests and answers; harmful requests are refused, but answered after {@link Chats#SUFFIX}. */
    CHATS(18, vocabulary -> new Chats());

    private final int share;
    private final Function<Integer, Writer> writer;

    Kind(int share, Function<Integer, Writer> writer) {
        this.share = share;
        this.writer = writer;
    }

    /** Returns the share of this kind in the mixture; only the ratio between kinds matters. */
    public int share() {
        return share;
    }

    /** @param vocabulary number of token ids, which affects only {@link #REPEATS} */
    public Writer writer(int vocabulary) {
        return writer.apply(vocabulary);
    }

    /** Returns the name in the printed corpus and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException with a list of the kinds if none has this label */
    public static Kind of(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label().equals(label)).findFirst().orElseThrow(
                () -> new IllegalArgumentException("no kind of text is called \"" + label + "\"; there are "
                        + Arrays.stream(values()).map(Kind::label).collect(Collectors.joining(", "))));
    }
}
