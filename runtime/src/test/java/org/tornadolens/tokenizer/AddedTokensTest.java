package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadolens.tokenizer.Tokenizer.SpecialTokens;

/** Added tokens beside a SentencePiece model, encoded as transformers 5 does. */
class AddedTokensTest {

    private static final Tokenizer PLAIN = Tokenizer.open(Golden.model("small"));
    private static final Tokenizer TOKENIZER = with(AddedToken.of(480, "<|im_start|>", true),
            AddedToken.of(481, "<|im|>", false), AddedToken.of(483, "<|im_start|>!", true),
            new AddedToken(484, "<pad>", true, false, true, true, false),
            new AddedToken(485, "xyz", false, true, false, false, false));

    private static Tokenizer with(AddedToken... tokens) {
        return Tokenizer.open(new TokenizerSource.SentencePieceModel(Golden.model("small"), new TokenizerSettings(
                Optional.empty(), Optional.empty(), Optional.empty(), OptionalInt.empty(), OptionalInt.empty(),
                List.of(tokens), Map.of())));
    }

    /** Asserts that a text is encoded as these parts: ids of added tokens, and texts between them. */
    private static void assertParts(String text, Object... parts) {
        int[] expected = IntStream.range(0, parts.length).flatMap(i -> parts[i] instanceof Integer id
                ? IntStream.of(id) : IntStream.of(PLAIN.encode((String) parts[i]))).toArray();
        assertArrayEquals(expected, TOKENIZER.encode(text), text);
    }

    @Test void theTextBetweenThemIsEncodedAsTextsOfItsOwn() {
        assertParts("<|im_start|>the cat<|im|> the", 480, "the cat", 481, "the");
        assertParts("the <|im_start|>cat", "the ", 480, "cat");
        assertParts(" the", " the");
    }

    @Test void theLongestIsTaken() { assertParts("<|im_start|>!<|im_start|>", 483, 480); }

    @Test void whitespaceAroundMayBelongToThem() { assertParts("the \n<pad>  cat", "the", 484, "cat"); }

    @Test void aSingleWordIsNotFoundWithinAWord() {
        assertParts("the xyz", "the ", 485);
        assertParts("axyz", "axyz");
    }

    @Test void asTextOnlySpecialOnesAreCut() {
        int[] ids = TOKENIZER.encode("<|im_start|><|im|>", SpecialTokens.AS_TEXT);
        assertArrayEquals(IntStream.concat(IntStream.of(PLAIN.encode("<|im_start|>")), IntStream.of(481)).toArray(),
                ids);
    }

    @Test void specialOnesHaveNoTextOthersHave() {
        assertEquals("<|im|><id 482>", TOKENIZER.decode(480, 481, 482), "482 is beyond the vocabulary");
        assertEquals("<|im_start|>", TOKENIZER.piece(480));
        assertEquals(Piece.Type.CONTROL, TOKENIZER.type(480));
        assertEquals(Piece.Type.USER_DEFINED, TOKENIZER.type(481));
        assertEquals("<id 482>", TOKENIZER.piece(482));
        assertEquals(486, TOKENIZER.size());
    }
}
