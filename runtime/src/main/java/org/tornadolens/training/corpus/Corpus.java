package org.tornadolens.training.corpus;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;

/**
 * Generates the training text of the bundled model from a seed. {@link #main} prints documents as JSON lines for any
 * trainer: {@code kind} and {@code text}; for questions also {@code topic}, {@code prompt}, {@code answer} and
 * {@code wrong}; for random tokens {@code ids} and {@code free} instead of a text.
 */
public final class Corpus {
    public static final int BUNDLED_VOCABULARY = 1792;

    private static final String USAGE =
            """
                    Prints generated training text as JSON lines, one document each.
                      --documents N       number of documents (1000)
                      --seed N            the same seed gives the same documents (0)
                      --kind KIND         only this kind: ioi, coreference, facts, recall, words, repeats, brackets,
                                          stories, chats (a mixture of all)
                      --split SPLIT       train or heldout (train)
                      --vocabulary N      number of token ids, for repeats (%d)
                    """
                    .formatted(BUNDLED_VOCABULARY);
    private static final Map<Kind, Integer> SHARES =
            Arrays.stream(Kind.values()).collect(Collectors.toMap(kind -> kind, Kind::share));
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final long seed;
    private final Split split;
    private final int vocabulary;
    private final Map<Kind, Integer> shares;
    private final int allShares;

    /** @param shares shares of kinds in the mixture that differ from {@link Kind#share} */
    public Corpus(long seed, Split split, int vocabulary, Map<Kind, Integer> shares) {
        this.seed = seed;
        this.split = split;
        this.vocabulary = vocabulary;
        this.shares = new EnumMap<>(SHARES);
        this.shares.putAll(shares);
        if (this.shares.values().stream().anyMatch(share -> share < 0))
            throw new UsageException("shares of the corpus must be at least 0, not " + shares);
        allShares = this.shares.values().stream().mapToInt(Integer::intValue).sum();
        if (allShares == 0) throw new UsageException("every kind of text has the share 0; one must be positive");
    }

    public Corpus(long seed, Split split, int vocabulary) { this(seed, split, vocabulary, Map.of()); }

    /** Returns document {@code index} of this kind, which depends on seed, split, kind and index only. */
    public Document document(Kind kind, long index) {
        return kind.writer(vocabulary).write(drawFor(index, kind.ordinal() + 1), split);
    }

    /** Returns the kind of document {@code index} of the mixture, drawn by shares. */
    public Kind kind(long index) {
        int at = drawFor(index, 0).between(1, allShares);
        for (var kind : Kind.values()) {
            at -= shares.get(kind);
            if (at <= 0) return kind;
        }
        throw new IllegalStateException("shares do not add up");
    }

    /** Returns document {@code index} of this kind, with its kind. */
    Drawn drawn(Kind kind, long index) {
        return new Drawn(kind, document(kind, index));
    }

    /** Returns document {@code index} of the mixture. */
    Drawn drawn(long index) { return drawn(kind(index), index); }

    private Draw drawFor(long index, int stream) {
        long mixed = (seed * 31 + split.ordinal()) * 31 + stream;
        return new Draw(mixed * 0x9E3779B97F4A7C15L + index * 0xBF58476D1CE4E5B9L);
    }

    /** Returns one line of the printed corpus, without the line end. */
    public static String json(Kind kind, Document document) {
        var line = new JsonObject();
        line.addProperty("kind", kind.label());
        switch (document) {
            case Document.Prose prose -> line.addProperty("text", prose.text());
            case Document.Question question -> {
                line.addProperty("text", question.text());
                line.addProperty("topic", question.topic());
                line.addProperty("prompt", question.prompt());
                line.addProperty("answer", question.answer());
                line.add("wrong", GSON.toJsonTree(question.wrong()));
            }
            case Document.Tokens tokens -> {
                line.add("ids", GSON.toJsonTree(tokens.ids()));
                line.addProperty("free", tokens.free());
            }
        }
        return GSON.toJson(line);
    }

    public static void main(String[] args) throws IOException {
        try (var out = new BufferedWriter(
                new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8))) {
            print(List.of(args), out);
        }
    }

    /** @throws IllegalArgumentException if an option does not exist or has an invalid value */
    static void print(List<String> args, Appendable out) throws IOException {
        long documents = 1000, seed = 0;
        int vocabulary = BUNDLED_VOCABULARY;
        var split = Split.TRAIN;
        List<Kind> only = List.of();
        if (args.contains("--help") || args.size() % 2 != 0) {
            out.append(USAGE);
            return;
        }
        for (int i = 0; i < args.size(); i += 2) {
            String value = args.get(i + 1);
            switch (args.get(i)) {
                case "--documents" -> documents = Long.parseLong(value);
                case "--seed" -> seed = Long.parseLong(value);
                case "--vocabulary" -> vocabulary = Integer.parseInt(value);
                case "--split" -> split = Split.valueOf(value.toUpperCase(Locale.ROOT));
                case "--kind" -> only = List.of(Kind.of(value));
                default -> throw new IllegalArgumentException("unknown option " + args.get(i) + "\n" + USAGE);
            }
        }
        var corpus = new Corpus(seed, split, vocabulary);
        for (long i = 0; i < documents; i++) {
            var kind = only.isEmpty() ? corpus.kind(i) : only.getFirst();
            out.append(json(kind, corpus.document(kind, i))).append('\n');
        }
    }
}
