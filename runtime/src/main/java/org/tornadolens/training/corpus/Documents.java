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
 * The corpus as rows to learn from: one document a row, so that there is nothing but the document itself to attend to, in
 * batches of documents of like length. Answers count for more than other tokens, what nobody can foresee for less.
 */
public final class Documents implements Data {

    /** Documents that are drawn, put in order of length and cut into batches, of which one is taken. */
    private static final int POOL = 1000;

    private final TokenizerSource source;
    private final Tokenizer tokenizer;
    private final int bos;
    private final Map<Kind, Integer> shares;
    private final Weighting weighting;
    private final int tokens;

    /**
     * What tokens count in the loss.
     *
     * @param answer what answers a question; where recalled pairs are asked for, all of them, half as much
     * @param free   a random token that nothing before it foretells
     */
    public record Weighting(double answer, double free) {
        public Weighting {
            if (!(answer >= 0 && free >= 0))
                throw new UsageException("what a token counts is a number from 0 on, not " + answer + " and " + free);
        }
    }

    /**
     * @param source a tokenizer that has a beginning of sequence
     * @param shares as {@link Corpus#Corpus(long, Split, int, Map)}
     * @param tokens of a batch, padding included: as many documents as fit
     */
    public Documents(TokenizerSource source, Map<Kind, Integer> shares, Weighting weighting, int tokens) {
        this.source = source;
        this.shares = shares;
        this.weighting = weighting;
        this.tokens = tokens;
        if (tokens < 2) throw new UsageException("a batch of documents has at least 2 tokens, not " + tokens);
        tokenizer = Tokenizer.open(source);
        bos = tokenizer.bos().orElseThrow(() -> new UsageException(
                "the corpus needs a tokenizer with a beginning of sequence, which this one does not have"));
        new Corpus(0, Split.TRAIN, tokenizer.size(), shares);
    }

    @Override public TokenizerSource tokenizer() { return source; }

    @Override public OptionalInt bos() { return OptionalInt.of(bos); }

    /** The piece of every id. */
    public List<String> vocabulary() {
        return IntStream.range(0, tokenizer.size()).mapToObj(tokenizer::piece).toList();
    }

    /** Ids of a document with the beginning of sequence, and what the guess made at each counts. */
    public record Row(int[] ids, float[] weights) {}

    /** The first documents of a kind, or of the mixture, for a seed. */
    public List<Drawn> documents(Optional<Kind> only, Split split, int count, long seed) {
        Corpus corpus = new Corpus(seed, split, tokenizer.size(), shares);
        return IntStream.range(0, count)
                .mapToObj(i -> only.map(kind -> corpus.drawn(kind, i)).orElseGet(() -> corpus.drawn(i))).toList();
    }

    /** As many documents as fit into the tokens of a batch, however many rows are asked for. */
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
        if (batches.isEmpty()) batches.add(batch);   // else the last, which is seldom full, is left out
        return together(batches.get(random.nextInt(batches.size())).stream().map(this::row).toList());
    }

    private static Batch together(List<Row> rows) {
        Tokens tokens = Tokens.of(rows.stream().map(Row::ids).toList());
        float[] weights = new float[tokens.ids().length];
        for (int i = 0; i < rows.size(); i++)
            System.arraycopy(rows.get(i).weights(), 0, weights, i * tokens.length() + tokens.padding()[i],
                    rows.get(i).ids().length);
        return new Batch(tokens, Optional.of(weights));
    }

    /** A document as it is learnt. */
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
                boolean pairs = drawn.kind() == Kind.RECALL;   // the second half names every key again: all of it asks
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

    /** 1 for every guess, but {@code weight} for those of the tokens {@code from} up to but without {@code to}. */
    private static float[] weights(int length, int from, int to, double weight) {
        float[] weights = new float[length];
        Arrays.fill(weights, 1);
        if (to > from) Arrays.fill(weights, from - 1, to - 1, (float) weight);
        return weights;
    }
}
