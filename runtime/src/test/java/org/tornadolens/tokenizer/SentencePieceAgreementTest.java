package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SentencePieceAgreementTest {

    private final Tokenizer tokenizer = Tokenizer.open(Golden.SMALL_MODEL);
    private final Golden golden = Golden.small();

    @Test
    void encodesEveryTextAsSentencePieceDoes() {
        for (Golden.Encoded expected : golden.encoded()) {
            assertArrayEquals(expected.ids(), tokenizer.encode(expected.text()), () -> "ids of '" + expected.text() + "'");
        }
    }

    @Test
    void decodesWhatWasEncodedAsSentencePieceDoes() {
        for (Golden.Encoded expected : golden.encoded()) {
            assertEquals(expected.decoded(), tokenizer.decode(expected.ids()));
        }
    }

    @Test
    void decodesIdsNoTextHasAsSentencePieceDoes() {
        for (Golden.Decoded expected : golden.decoded()) {
            assertEquals(expected.text(), tokenizer.decode(expected.ids()), () -> "text of " + java.util.Arrays.toString(expected.ids()));
        }
    }

    @Test
    void namesEveryPieceAsSentencePieceDoes() {
        assertEquals(golden.pieces().size(), tokenizer.size());
        for (int id = 0; id < tokenizer.size(); id++) {
            assertEquals(golden.pieces().get(id), tokenizer.piece(id));
            assertEquals(id, tokenizer.id(tokenizer.piece(id)).orElseThrow());
        }
    }

    @Test
    void streamingAddsUpToDecoding() {
        for (Golden.Decoded expected : golden.decoded()) {
            Tokenizer.Stream stream = tokenizer.stream();
            StringBuilder text = new StringBuilder();
            for (int id : expected.ids()) text.append(stream.accept(id));
            assertEquals(expected.text(), text.append(stream.finish()).toString());
        }
    }
}
