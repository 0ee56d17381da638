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
        return Tokens.of(texts.stream().map(text -> row(model, text, bos)).toList());
    }

    private static int[] row(Model model, String text, boolean bos) {
        int[] ids = model.tokenizer().encode(text);
        OptionalInt first = bos ? bos(model) : OptionalInt.empty();
        if (first.isEmpty() || ids.length > 0 && ids[0] == first.getAsInt()) return ids;
        return IntStream.concat(IntStream.of(first.getAsInt()), IntStream.of(ids)).toArray();
    }

    /** Returns the token in front of this model's texts, as transformers takes it from the tokenizer. */
    public static OptionalInt bos(Model model) {
        return model.tokenizer().addsBos() ? model.tokenizer().bos() : OptionalInt.empty();
    }

    /**
     * Returns the single token of a text: the piece of exactly these characters, including a leading space
     * ({@code " Mary"} is {@code ▁Mary}), or else the only token that the text is encoded as.
     *
     * @throws UsageException if the text is several tokens
     */
    public static int single(Model model, String text) {
        Tokenizer tokenizer = model.tokenizer();
        OptionalInt piece = tokenizer.id(text.replace(' ', '▁'));
        if (piece.isPresent()) return piece.getAsInt();
        int[] ids = tokenizer.encode(text);
        if (ids.length == 1) return ids[0];
        throw new UsageException("\"" + text + "\" is not one token but " + ids.length
                + Arrays.stream(ids).mapToObj(tokenizer::label).collect(Collectors.joining(" ", " (", ")"))
                + "; name one of them, or give an id");
    }
}
