package org.tornadolens.dsl.script;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Model;
import org.tornadolens.model.Phrases;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.TextTokens;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/** Behind {@code tokens.js}: text, ids and random tokens. */
public final class TokenExports {

    private final Host host;

    TokenExports(Host host) { this.host = host; }

    /**
     * @param special whether the texts of special tokens are parsed
     * @param input   whether a model is to run on them, so that their BOS matters
     */
    record TextRequest(Model model, List<String> texts, boolean bos, boolean special, boolean input) {}

    @HostAccess.Export public Tokens encode(Value request) {
        TextRequest asked = Requests.read(request, TextRequest.class);
        Tokens tokens = TextTokens.of(asked.model(), asked.texts(), asked.bos(),
                asked.special() ? Tokenizer.SpecialTokens.PARSED : Tokenizer.SpecialTokens.AS_TEXT);
        if (asked.input() && asked.bos() && asked.special()) check(asked, tokens);
        return tokens;
    }

    private void check(TextRequest asked, Tokens tokens) {
        OptionalInt bos = TextTokens.bos(asked.model());
        if (bos.isEmpty()) return;
        String piece = asked.model().tokenizer().label(bos.getAsInt());
        for (int row = 0; row < tokens.batch(); row++) {
            if (tokens.row(row)[0] == bos.getAsInt() && parses(asked, row, piece, bos.getAsInt()))
                host.warn(asked.model(), "BOS in text", "a text begins with " + piece
                        + " itself; it is that token, and no second one is put before it");
        }
    }

    /** Whether a text begins with the text of the BOS, and the tokenizer takes it as that token. */
    private static boolean parses(TextRequest asked, int row, String piece, int bos) {
        String text = asked.texts().get(row);
        return text.startsWith(piece) && asked.model().tokenizer().encode(text)[0] == bos;
    }

    /**
     * The ids of a text that continues another. A tokenizer that puts a space in front of every text gets it without
     * its own first space.
     */
    @HostAccess.Export public int[] continuation(Model model, String text) {
        Tokenizer tokenizer = model.tokenizer();
        return tokenizer.encode(tokenizer.addsSpace() && text.startsWith(" ") ? text.substring(1) : text);
    }

    /** The id of a text that is one token. */
    @HostAccess.Export public int single(Model model, String text) {
        return TextTokens.single(model, text);
    }

    @HostAccess.Export public Tokens ids(Value rows) {
        List<int[]> all = new ArrayList<>();
        for (long i = 0; i < rows.getArraySize(); i++) all.add(Arguments.ints(rows.getArrayElement(i)));
        return Tokens.of(all);
    }

    /** Warns where rows that a script made do not begin with the BOS with which this model's texts begin. */
    @HostAccess.Export public void checkBos(Model model, Tokens tokens) {
        if (model.checkpoint().tokenizer() instanceof TokenizerSource.None) return;
        OptionalInt bos = TextTokens.bos(model);
        if (bos.isEmpty()) return;
        boolean without = IntStream.range(0, tokens.batch()).anyMatch(row -> tokens.row(row)[0] != bos.getAsInt());
        if (without) {
            host.warn(model, "no BOS", "a row of tokens does not begin with " + bos.getAsInt() + " ("
                    + model.tokenizer().label(bos.getAsInt()) + "), as this model's texts do");
        }
    }

    /** @param repeat how many times the random segment of {@code length} tokens occurs */
    record RandomRequest(Model model, int batch, int length, int repeat, double seed, boolean bos) {}

    @HostAccess.Export public Tokens random(Value request) {
        RandomRequest asked = Requests.read(request, RandomRequest.class);
        return RandomTokens.of(asked.model(), asked.batch(), asked.length(), asked.repeat(), (long) asked.seed(),
                asked.bos()).tokens();
    }

    @HostAccess.Export public int batch(Tokens tokens) { return tokens.batch(); }

    /** Padding included. */
    @HostAccess.Export public int length(Tokens tokens) { return tokens.length(); }

    /** A row's ids without padding. */
    @HostAccess.Export public int[] row(Tokens tokens, int row) {
        return tokens.row(row);
    }

    @HostAccess.Export public Tensor mask(Tokens tokens) { return tokens.mask(); }

    @HostAccess.Export public String print(Tokens tokens) { return tokens.toString(); }

    @HostAccess.Export public String text(Model model, Value ids) {
        return model.tokenizer().decode(Arguments.ints(ids));
    }

    @HostAccess.Export public String[] pieces(Model model, Value ids) {
        return Arrays.stream(Arguments.ints(ids)).mapToObj(model.tokenizer()::piece).toArray(String[]::new);
    }

    /** @param which first, last, or null where the phrase stands once */
    @HostAccess.Export public int[] positions(Model model, Tokens tokens, String phrase, String which) {
        return Phrases.positions(model, tokens, phrase, Phrases.which(which));
    }

    /** The most probable next tokens of a row. */
    public record Next(int[] ids, String[] labels, double[] probabilities, double[] logits) {

        @HostAccess.Export public int id(int rank) { return ids[rank]; }

        @HostAccess.Export public String label(int rank) { return labels[rank]; }

        @HostAccess.Export public double probability(int rank) { return probabilities[rank]; }

        @HostAccess.Export public double logit(int rank) { return logits[rank]; }

        @HostAccess.Export public int count() { return ids.length; }
    }

    @HostAccess.Export public Next[] next(Model model, Tokens tokens, int top) {
        Tensor logits;
        try (Progress progress = host.progress("running the model")) {
            logits = model.run(tokens, RunOptions.DEFAULT.at(-1)).logits();
        }
        Next[] rows = new Next[tokens.batch()];
        for (int row = 0; row < rows.length; row++) rows[row] = next(model, floats(logits.at("batch", row)), top);
        return rows;
    }

    private static float[] floats(Tensor tensor) { return tensor.data().toArray(ValueLayout.JAVA_FLOAT); }

    private static Next next(Model model, float[] logits, int top) {
        double max = Double.NEGATIVE_INFINITY, total = 0;
        for (float logit : logits) max = Math.max(max, logit);
        for (float logit : logits) total += Math.exp(logit - max);
        int[] best = IntStream.range(0, logits.length).boxed()
                .sorted((a, b) -> Float.compare(logits[b], logits[a])).limit(top).mapToInt(i -> i).toArray();
        double largest = max, sum = total;
        return new Next(best, TokenLabels.of(model, best),
                IntStream.of(best).mapToDouble(id -> Math.exp(logits[id] - largest) / sum).toArray(),
                IntStream.of(best).mapToDouble(id -> logits[id]).toArray());
    }
}
