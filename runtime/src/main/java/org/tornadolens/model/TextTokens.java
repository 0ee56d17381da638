package org.tornadolens.model;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.Tokenizer;

/** Converts text to the tokens of a model. */
public final class TextTokens {

    private TextTokens() {}

    /**
     * Returns one row per text.
     *
     * @param bos whether rows begin with a BOS if the model's texts do; never with two
     */
    public static Tokens of(Model model, List<String> texts, boolean bos) {
        return of(model, texts, bos, Tokenizer.SpecialTokens.PARSED);
    }

    /** Returns one row per text, with the texts of special tokens parsed or taken as text. */
    public static Tokens of(Model model, List<String> texts, boolean bos, Tokenizer.SpecialTokens special) {
        return Tokens.of(texts.stream().map(text -> row(model, text, bos, special)).toList());
    }

    private static int[] row(Model model, String text, boolean bos, Tokenizer.SpecialTokens special) {
        int[] ids = model.tokenizer().encode(text, special);
        OptionalInt first = bos ? bos(model) : OptionalInt.empty();
        if (first.isEmpty() || ids.length > 0 && ids[0] == first.getAsInt()) return ids;
        return IntStream.concat(IntStream.of(first.getAsInt()), IntStream.of(ids)).toArray();
    }

    /** Returns the token in front of this model's texts, as transformers takes it from the tokenizer. */
    public static OptionalInt bos(Model model) {
        return model.tokenizer().addsBos() ? model.tokenizer().bos() : OptionalInt.empty();
    }

    /**
     * Returns the one token that a text means, wherever a token is named by its text. With a tokenizer that adds a
     * space in front of every text, as Llama 2's does, a word means the word after a space, whether the space is
     * written or not ({@code "Mary"} and {@code " Mary"} are {@code ▁Mary}), and anything else the piece of just these
     * characters ({@code "."}, {@code "▁."}). With any other tokenizer {@code " Mary"} and {@code "Mary"} are two
     * tokens, and a text means what it is encoded as.
     *
     * @throws UsageException if the text consists of several tokens
     */
    public static int single(Model model, String text) {
        Tokenizer tokenizer = model.tokenizer();
        boolean word = !text.isEmpty() && Character.isLetterOrDigit(text.codePointAt(0));
        OptionalInt piece = tokenizer.id(text.replace(' ', '▁'));
        if (piece.isPresent() && !(tokenizer.addsSpace() && word)) return piece.getAsInt();
        int[] ids = tokenizer.encode(text);
        if (ids.length == 1) return ids[0];
        if (piece.isPresent()) return piece.getAsInt();
        throw new UsageException("\"" + text + "\" is not one token but " + ids.length
                + Arrays.stream(ids).mapToObj(tokenizer::label).collect(Collectors.joining(" ", " (", ")"))
                + "; name one of them, or give an id");
    }
}
