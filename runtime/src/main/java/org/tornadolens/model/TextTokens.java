package org.tornadolens.model;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.tokenizer.Tokenizer;

/** Text to the tokens of a model. */
public final class TextTokens {

    private TextTokens() {}

    /**
     * One row for each text.
     *
     * @param bos a BOS in front of every row, where the model has one
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
}
