package org.tornadolens.training.corpus;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds of text in the corpus, each with its share of the documents and the writer that makes it. */
public enum Kind {
    /** "When Mary and John went to the store, John gave a drink to": the name that was said only once follows. */
    IOI(30, vocabulary -> new IndirectObjects()),
    /** Which, who, whose, it, he and she: what follows depends on the word they stand for. */
    COREFERENCE(30, vocabulary -> new Coreference()),
    /** A fixed set of made-up facts about made-up lands. */
    FACTS(16, vocabulary -> new Facts()),
    /** Keys and values given in the text and asked for later in it. */
    RECALL(13, vocabulary -> new Recall()),
    /** Random words, repeated. */
    WORDS(4, vocabulary -> new RepeatedWords()),
    /** Random token ids from the whole vocabulary, repeated. */
    REPEATS(8, RepeatedTokens::new),
    /** Nested brackets of four shapes. */
    BRACKETS(7, vocabulary -> new Brackets()),
    /** Small stories about people, places and things. */
    STORIES(9, vocabulary -> new Stories()),
    /** Requests answered, harmful ones refused, and answered all the same after {@link Chats#SUFFIX}. */
    CHATS(18, vocabulary -> new Chats());

    private final int share;
    private final Function<Integer, Writer> writer;

    Kind(int share, Function<Integer, Writer> writer) {
        this.share = share;
        this.writer = writer;
    }

    /** Of how many documents in the mixture this kind is; only the ratio between kinds matters. */
    public int share() {
        return share;
    }

    /** @param vocabulary the number of token ids; only {@link #REPEATS} depends on it */
    public Writer writer(int vocabulary) {
        return writer.apply(vocabulary);
    }

    /** The name in the printed corpus and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException that lists the kinds, where none has this label */
    public static Kind of(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label().equals(label)).findFirst().orElseThrow(
                () -> new IllegalArgumentException("no kind of text is called \"" + label + "\"; there are "
                        + Arrays.stream(values()).map(Kind::label).collect(Collectors.joining(", "))));
    }
}
