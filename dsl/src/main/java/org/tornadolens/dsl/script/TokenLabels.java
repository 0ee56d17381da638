package org.tornadolens.dsl.script;

import java.util.stream.IntStream;
import org.tornadolens.model.Model;
import org.tornadolens.tokenizer.TokenizerSource;

/** Labels tokens by their pieces, or by their ids if the model has no tokenizer or no such piece. */
final class TokenLabels {

    private TokenLabels() {}

    static String[] of(Model model, int... ids) {
        int known = model.checkpoint().tokenizer() instanceof TokenizerSource.None ? 0 : model.tokenizer().size();
        return IntStream.of(ids).mapToObj(id -> id < known ? model.tokenizer().label(id) : String.valueOf(id))
                .toArray(String[]::new);
    }
}
