package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Backends;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.tokenizer.TokenizerSettings;
import org.tornadolens.tokenizer.TokenizerSource;

/** What a text means where it names a token, and which token texts begin with. */
class TextTokensTest {

    private static final Model SPACE_IN_FRONT = Model.of(bundled(), Backends.cpu());

    private static Checkpoint bundled() { return Checkpoints.open(Path.of("../models/bundled")); }

    /** The bundled weights with another tokenizer, whose ids they have room for. */
    private static Model with(String tokenizer) {
        Checkpoint bundled = bundled();
        Path file = Path.of("src/test/resources/tokenizers").resolve(tokenizer).resolve("tokenizer.json");
        return Model.of(new Checkpoint(bundled.source(), bundled.format(), bundled.configuration(), bundled.weights(),
                new TokenizerSource.TokenizerJson(file, TokenizerSettings.NONE)), Backends.cpu());
    }

    private static String piece(Model model, String text) {
        return model.tokenizer().piece(TextTokens.single(model, text));
    }

    @Test void aWordIsTheWordAfterASpaceWhereTheTokenizerAddsOne() {
        assertEquals("▁Mary", piece(SPACE_IN_FRONT, "Mary"));
        assertEquals("▁Mary", piece(SPACE_IN_FRONT, " Mary"));
        assertEquals("▁Mary", piece(SPACE_IN_FRONT, "▁Mary"));
        assertEquals("▁t", piece(SPACE_IN_FRONT, "t"));
        assertEquals(".", piece(SPACE_IN_FRONT, "."));
    }

    @Test void aTextMeansWhatItIsEncodedAsElsewhere() {
        Model model = with("gpt2");
        assertEquals("▁France", piece(model, " France"));
        assertEquals("▁France", piece(model, "ĠFrance"));
        assertEquals("The", piece(model, "The"));
        assertEquals("<|im_end|>", piece(model, "<|im_end|>"));
    }

    @Test void severalTokensAreRefusedWithTheirPieces() {
        String message = assertThrows(UsageException.class, () -> TextTokens.single(SPACE_IN_FRONT, "Mary John"))
                .getMessage();
        assertTrue(message.contains("not one token but 2 (▁Mary ▁John)"), message);
    }

    @Test void textsBeginWithOneBosWhereTheTokenizerPutsOne() {
        assertEquals(1, TextTokens.of(SPACE_IN_FRONT, List.of("Mary"), true).row(0)[0]);
        assertEquals(2, TextTokens.of(SPACE_IN_FRONT, List.of("Mary"), true).row(0).length);
        assertEquals(1, TextTokens.of(SPACE_IN_FRONT, List.of("Mary"), false).row(0).length);
        assertTrue(TextTokens.bos(with("gpt2")).isEmpty());
        Model llama3 = with("llama3");
        int bos = TextTokens.bos(llama3).orElseThrow();
        int[] once = TextTokens.of(llama3, List.of("<|begin_of_text|>The"), true).row(0);
        assertEquals(List.of(bos, llama3.tokenizer().encode("The")[0]), List.of(once[0], once[1]));
    }
}
