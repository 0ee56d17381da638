package org.tornadolens.dsl.script;

import java.util.stream.IntStream;
import org.tornadolens.model.Model;
import org.tornadolens.tokenizer.TokenizerSource;

/** Tokens as people read them: their pieces, or their ids where the model has no tokenizer or no piece of that id. */
final class TokenLabels {

    private TokenLabels() {}

    static String[] of(Model model, int... ids) {
        int known = model.checkpoint().tokenizer() instanceof TokenizerSource.None ? 0 : model.tokenizer().size();
        return IntStream.of(ids).mapToObj(id -> id < known ? model.tokenizer().label(id) : String.valueOf(id))
                .toArray(String[]::new);
    }
}
