package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentencePieceAgreementTest {

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void encodesEveryTextAsSentencePieceDoes(String model) {
        Tokenizer tokenizer = Tokenizer.open(Golden.model(model));
        for (Golden.Encoded expected : Golden.of(model).encoded()) {
            assertArrayEquals(expected.ids(), tokenizer.encode(expected.text()),
                    () -> "ids of '" + expected.text() + "'");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void decodesEveryEncodedTextAsSentencePieceDoes(String model) {
        Tokenizer tokenizer = Tokenizer.open(Golden.model(model));
        for (Golden.Encoded expected : Golden.of(model).encoded()) {
            assertEquals(expected.decoded(), tokenizer.decode(expected.ids()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void decodesIdsThatNoTextHasAsSentencePieceDoes(String model) {
        Tokenizer tokenizer = Tokenizer.open(Golden.model(model));
        for (Golden.Decoded expected : Golden.of(model).decoded()) {
            assertEquals(expected.text(), tokenizer.decode(expected.ids()),
                    () -> "text of " + Arrays.toString(expected.ids()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void namesEveryPieceAsSentencePieceDoes(String model) {
        Tokenizer tokenizer = Tokenizer.open(Golden.model(model));
        Golden golden = Golden.of(model);
        assertEquals(golden.pieces().size(), tokenizer.size());
        for (int id = 0; id < tokenizer.size(); id++) {
            assertEquals(golden.pieces().get(id), tokenizer.piece(id));
            assertEquals(id, tokenizer.id(tokenizer.piece(id)).orElseThrow());
        }
    }
}
