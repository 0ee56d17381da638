package org.tornadolens.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.Tokenizer;

/** Converts text to the tokens of a model. */
public final class TextTokens {

    private TextTokens() {}

    /**
     * Returns one row for each text.
     *
     * @param bos whether every row starts with a BOS, if the model has one
     */
    public static Tokens of(Model model, List<String> texts, boolean bos) {
        Tokenizer tokenizer = model.tokenizer();
        OptionalInt first = bos ? RandomTokens.bos(model) : OptionalInt.empty();
        List<int[]> rows = new ArrayList<>();
        for (String text : texts) {
            int[] ids = tokenizer.encode(text);
            int start = first.isPresent() ? 1 : 0;
            int[] row = new int[start + ids.length];
            first.ifPresent(id -> row[0] = id);
            System.arraycopy(ids, 0, row, start, ids.length);
            rows.add(row);
        }
        return Tokens.of(rows);
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
