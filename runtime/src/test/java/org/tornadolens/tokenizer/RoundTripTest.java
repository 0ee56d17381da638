package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundTripTest {

    private final Tokenizer tokenizer = Tokenizer.open(Golden.model("small"));

    @Test void decodingGivesBackEveryTextButTheSpaceMark() {
        for (Golden.Encoded text : Golden.of("small").encoded()) {
            assertEquals(text.text().replace('\u2581', ' '), tokenizer.decode(tokenizer.encode(text.text())));
        }
    }

    @Test void decodingGivesBackRandomUnicode() {
        Random random = new Random(1);
        for (int i = 0; i < 3000; i++) {
            String text = RandomText.of(random, random.nextInt(40));
            assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
        }
    }

    @Test void everySingleCodePointComesBack() {
        // All code points, one per line, but for surrogates and the space mark, which cannot be restored.
        String text = IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> c != 0x2581 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE))
                .collect(StringBuilder::new, (all, c) -> all.appendCodePoint(c).append(c % 64 == 0 ? " " : "|"),
                        StringBuilder::append)
                .toString();
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }

    @Test void aSurrogateWithoutItsPartnerBecomesTheReplacementCharacter() {
        assertEquals("a\uFFFDb", tokenizer.decode(tokenizer.encode("a\uD83Db")));
        assertEquals("\uFFFD\uFFFD", tokenizer.decode(tokenizer.encode("\uDE00\uD83D")));
        assertEquals("\uFFFD😀\uFFFD", tokenizer.decode(tokenizer.encode("\uD83D😀\uDE00")));
    }

    @Test void aTextThatWasCutToBeEncodedHasTheIdsOfTheWhole() {
        ModelProto model = ModelProto.parse(Golden.bytes("small"), "small.model");
        Random random = new Random(2);
        for (boolean prefix : new boolean[]{true, false}) {
            ModelProto proto = new ModelProto(model.pieces(), model.algorithm(), model.unknown(), model.bos(),
                    model.eos(), model.byteFallback(),
                    model.whitespaceSuffix(), model.unknownSurface(), ModelProto.Normalizer.identity(prefix));
            NativeEncoder encoder = new NativeEncoder(proto, "small.model");
            for (int i = 0; i < 1000; i++) {
                String text = RandomText.of(random, 1 + random.nextInt(40)) + (i % 3 == 0 ? "\u2581 x " : "");
                assertArrayEquals(encoder.encode(text, text.length()), encoder.encode(text, 1 + random.nextInt(8)));
            }
        }
    }

    @Test void textsAreCutOnlyWhereNoPieceReaches() {
        ModelProto model = ModelProto.parse(Golden.bytes("small"), "small.model");
        assertEquals(3, new Seams(model).next("one two", 1));
        String spaces = "one \u2581  two three";
        assertEquals(spaces.indexOf(" three"), new Seams(model).next(spaces, 4));
        assertEquals("one ".length(), new Seams(model).next("one ", 1), "the part behind would be empty");
        ModelProto rewriting = ModelProto.parse(Golden.bytes("rewriting"), "rewriting.model");
        assertEquals("one two".length(), new Seams(rewriting).next("one two", 1));
    }

    @Test void megabytesOfTextAreEncoded() {
        String words = "the cat and the other cat, 12 of them\n".repeat(30_000);
        int[] ids = tokenizer.encode(words);
        assertEquals(words, tokenizer.decode(ids));
        String word = "a".repeat(1_000_000);
        assertEquals(word, tokenizer.decode(tokenizer.encode(word)));
        assertTrue(ids.length < words.length());
    }
}
