package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The characters that each token of a text stands for. */
class SpansTest {

    private static final List<String> TEXTS = List.of("", " ", "a", " a  b ", "The capital of France is",
            "Café déjà vu \uD83D\uDC4D\uD83C\uDFFD 東京", "<|im_start|>user\nHi<|im_end|>\n", "x<|im_end|>", "\n\n \t",
            "</s> end <s>", "▁a ▁", "½ ² \uFDD0 end");

    private static Tokenizer open(String name) {
        return name.equals("bundled") ? Tokenizer.open(Path.of("../models/bundled/tokenizer.model"))
                : Tokenizer.open(new TokenizerSource.TokenizerJson(
                        Path.of("src/test/resources/tokenizers", name, "tokenizer.json"), TokenizerSettings.NONE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundled", "gpt2", "llama2", "llama3", "qwen2", "smollm",
            "tekken"}) void spansCoverTheTextInOrder(String name) {
        Tokenizer tokenizer = open(name);
        for (String text : TEXTS) {
            Spans spans = tokenizer.spans(text, Tokenizer.SpecialTokens.PARSED);
            assertArrayEquals(tokenizer.encode(text), spans.ids(), text);
            int end = 0;
            for (int i = 0; i < spans.ids().length; i++) {
                assertTrue(spans.starts()[i] <= end && spans.ends()[i] >= spans.starts()[i], text + " token " + i);
                end = Math.max(end, spans.ends()[i]);
                String own = new String(tokenizer.bytes(spans.ids()[i]), java.nio.charset.StandardCharsets.UTF_8);
                String covered = text.substring(spans.starts()[i], spans.ends()[i]);
                if (!own.contains("\uFFFD") && !own.isBlank() && !text.contains("▁")) {
                    assertEquals(own.strip(), covered.strip(), text);
                }
            }
            assertEquals(text.length(), end, text);
        }
    }
}
