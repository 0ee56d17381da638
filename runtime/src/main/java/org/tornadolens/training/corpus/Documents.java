package org.tornadolens.training.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;
import org.tornadolens.training.Batch;
import org.tornadolens.training.Data;

/**
 * The corpus as training data: one document per row, so that attention never spans two documents, in batches of
 * documents of similar length. Answers have a larger weight than other tokens, unpredictable tokens a smaller one.
 */
public final class Documents implements Data {

    /** Number of documents drawn, sorted by length and split into batches, of which one is used. */
    private static final int POOL = 1000;

    private final TokenizerSource source;
    private final Tokenizer tokenizer;
    private final int bos;
    private final Map<Kind, Integer> shares;
    private final Weighting weighting;
    private final int tokens;

    /**
     * The weights of tokens in the loss; all others have weight 1.
     *
     * @param answer weight of answers to questions; half of it for the other tokens that recall pairs
     * @param free   weight of random tokens, which are unpredictable
     */
    public record Weighting(double answer, double free) {
        public Weighting {
            if (!(answer >= 0 && free >= 0))
                throw new UsageException("weights of tokens must be at least 0, not " + answer + " and " + free);
        }
    }

    /**
     * @param source a tokenizer with a BOS
     * @param shares as in {@link Corpus#Corpus(long, Split, int, Map)}
     * @param tokens most tokens of a batch, including padding
     */
    public Documents(TokenizerSource source, Map<Kind, Integer> shares, Weighting weighting, int tokens) {
        this.source = source;
        this.shares = shares;
        this.weighting = weighting;
        this.tokens = tokens;
        if (tokens < 2) throw new UsageException("a batch of documents must have at least 2 tokens, not " + tokens);
        tokenizer = Tokenizer.open(source);
        bos = tokenizer.bos().orElseThrow(() -> new UsageException(
                "the corpus needs a tokenizer with a BOS, which this one does not have"));
        new Corpus(0, Split.TRAIN, tokenizer.size(), shares);
    }

    @Override public TokenizerSource tokenizer() { return source; }

    @Override public OptionalInt bos() { return OptionalInt.of(bos); }

    /** Returns the piece of every id. */
    public List<String> vocabulary() {
        return IntStream.range(0, tokenizer.size()).mapToObj(tokenizer::piece).toList();
    }

    /** The ids of a document with BOS, and the weight of the prediction made at each. */
    public record Row(int[] ids, float[] weights) {}

    /** Returns the first documents of a kind, or of the mixture, for a seed. */
    public List<Drawn> documents(Optional<Kind> only, Split split, int count, long seed) {
        Corpus corpus = new Corpus(seed, split, tokenizer.size(), shares);
        return IntStream.range(0, count)
                .mapToObj(i -> only.map(kind -> corpus.drawn(kind, i)).orElseGet(() -> corpus.drawn(i))).toList();
    }

    /** Returns as many documents as fit into the tokens of a batch, whatever number of rows is requested. */
    @Override public Batch next(SplittableRandom random, int rows) {
        Corpus corpus = new Corpus(random.nextLong(), Split.TRAIN, tokenizer.size(), shares);
        List<Drawn> pool = IntStream.range(0, POOL).mapToObj(corpus::drawn)
                .sorted(Comparator.comparingInt(Drawn::length)).toList();
        List<List<Drawn>> batches = new ArrayList<>();
        List<Drawn> batch = new ArrayList<>();
        for (Drawn drawn : pool) {
            boolean full = (batch.size() + 1) * drawn.length() > tokens;
            if (full && !batch.isEmpty()) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(drawn);
        }
        if (batches.isEmpty()) batches.add(batch);   // otherwise the last batch is dropped, since it is rarely full
        return batch(batches.get(random.nextInt(batches.size())).stream().map(this::row).toList());
    }

    private static Batch batch(List<Row> rows) {
        Tokens tokens = Tokens.of(rows.stream().map(Row::ids).toList());
        float[] weights = new float[tokens.ids().length];
        for (int i = 0; i < rows.size(); i++)
            System.arraycopy(rows.get(i).weights(), 0, weights, i * tokens.length() + tokens.padding()[i],
                    rows.get(i).ids().length);
        return new Batch(tokens, Optional.of(weights));
    }

    /** Converts a document to a row of training data. */
    public Row row(Drawn drawn) {
        return switch (drawn.document()) {
            case Document.Tokens random -> {
                int[] ids = withBos(random.ids().stream().mapToInt(Integer::intValue).toArray());
                yield new Row(ids, weights(ids.length, 1, random.free() + 1, weighting.free()));
            }
            case Document.Prose prose -> {
                int[] ids = withBos(tokenizer.encode(prose.text()));
                yield new Row(ids, weights(ids.length, 0, 0, 1));
            }
            case Document.Question question -> {
                int[] ids = withBos(tokenizer.encode(question.text()));
                int from = tokenizer.encode(question.prompt()).length + 1,
                        to = tokenizer.encode(question.prompt() + question.answer()).length + 1;
                boolean pairs = drawn.kind() == Kind.RECALL;   // the second half recalls every pair
                float[] weights =
                        weights(ids.length, pairs ? ids.length / 2 : 0, pairs ? ids.length : 0, weighting.answer() / 2);
                Arrays.fill(weights, from - 1, to - 1, (float) weighting.answer());
                yield new Row(ids, weights);
            }
        };
    }

    private int[] withBos(int[] ids) {
        int[] row = new int[ids.length + 1];
        row[0] = bos;
        System.arraycopy(ids, 0, row, 1, ids.length);
        return row;
    }

    /**
     * Returns {@code weight} for predictions of the tokens {@code from} to {@code to} (exclusive), and 1 for others.
     */
    private static float[] weights(int length, int from, int to, double weight) {
        float[] weights = new float[length];
        Arrays.fill(weights, 1);
        if (to > from) Arrays.fill(weights, from - 1, to - 1, (float) weight);
        return weights;
    }
}
