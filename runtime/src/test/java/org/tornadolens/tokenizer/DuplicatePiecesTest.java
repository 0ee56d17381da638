package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** GGUF files may hold a text twice, or an empty one: the last id of a text encodes it, and every id has its text. */
class DuplicatePiecesTest {

    private static final Path FILE = Path.of("a.gguf");

    private static List<Piece> small() {
        return new ArrayList<>(ModelProto.parse(Golden.bytes("small"), "small.model").pieces());
    }

    private static Tokenizer open(List<Piece> pieces) {
        return Tokenizer.open(new TokenizerSource.Pieces(FILE, pieces, true, 0, 1, 2));
    }

    /** Returns the pieces followed by a repetition of one of them and an empty one. */
    private static Tokenizer repeating(int id, Piece.Type type) {
        List<Piece> pieces = small();
        pieces.add(new Piece(pieces.get(id).text(), pieces.get(id).score(), type));
        pieces.add(new Piece("", 0, Piece.Type.NORMAL));
        return open(pieces);
    }

    private static int[] replaced(int[] ids, int what, int with) {
        int[] replaced = ids.clone();
        for (int i = 0; i < ids.length; i++) if (ids[i] == what) replaced[i] = with;
        return replaced;
    }

    @Test void theLastIdOfASentencePieceTextEncodesIt() {
        Tokenizer once = open(small());
        int the = once.id("\u2581the").orElseThrow(), last = once.size();
        for (Piece.Type type : List.of(Piece.Type.NORMAL, Piece.Type.CONTROL, Piece.Type.UNUSED)) {
            Tokenizer twice = repeating(the, type);
            int tested = 0;
            for (Golden.Encoded text : Golden.of("small").encoded()) {
                int[] expected = replaced(text.ids(), the, last);
                assertArrayEquals(expected, twice.encode(text.text()), text.text());
                if (!Arrays.equals(expected, text.ids())) tested++;
                assertEquals(text.decoded(), twice.decode(text.ids()));
            }
            assertTrue(tested > 0);
            assertEquals(OptionalInt.of(last), twice.id("\u2581the"));
            assertEquals("\u2581the<id " + the + ">", twice.piece(the));
            assertEquals(OptionalInt.of(the), twice.id(twice.piece(the)));
            assertNotEquals(twice.label(the), twice.label(last));
            assertEquals("", twice.decode(last + 1));
            assertEquals(Piece.Type.NORMAL, twice.type(the));
            assertEquals(type, twice.type(last));
        }
    }

    @Test void aRepeatedByteStaysAByte() {
        Tokenizer twice = repeating(3 + 0xE2, Piece.Type.NORMAL);
        int last = twice.size() - 2;
        assertArrayEquals(replaced(open(small()).encode("\u2603"), 3 + 0xE2, last), twice.encode("\u2603"));
        assertEquals("\u2603", twice.decode(3 + 0xE2, 3 + 0x98, 3 + 0x83));
    }

    @Test void aRepeatedUnknownPieceKeepsItsId() {
        Tokenizer twice = repeating(0, Piece.Type.NORMAL);
        assertEquals(OptionalInt.of(0), twice.unknown());
        assertEquals(Piece.Type.UNKNOWN, twice.type(0));
    }

    @Test void longTextsAreStillSplit() {
        List<Piece> pieces = small();
        pieces.add(pieces.get(300));
        ModelProto model = ModelProto.of(new TokenizerSource.Pieces(FILE, pieces, true, 0, 1, 2), "a");
        assertEquals(3, new Seams(model).next("a b c", 2));
    }

    @Test void vocabulariesOfAnyRepetitionsEncodeAndDecode() {
        Random random = new Random(5);
        Piece.Type[] types = {Piece.Type.NORMAL, Piece.Type.CONTROL, Piece.Type.USER_DEFINED, Piece.Type.UNUSED};
        for (int round = 0; round < 100; round++) {
            List<Piece> pieces = small();
            for (int i = 0; i < 60; i++) {
                String text = random.nextInt(4) == 0 ? "" : pieces.get(random.nextInt(pieces.size())).text();
                pieces.add(new Piece(text, -random.nextInt(300), types[random.nextInt(types.length)]));
            }
            Tokenizer tokenizer = open(pieces);
            for (String text : List.of("the cat sat", "Once upon a time", "\u2603 snow", "a".repeat(50))) {
                for (int id : tokenizer.encode(text)) {
                    String own = pieces.get(id).text();
                    int last = pieces.stream().map(Piece::text).toList().lastIndexOf(own);
                    assertEquals(last, id, own);
                }
            }
        }
    }

    // ---- byte-level byte pairs

    private static final List<String> TEXTS =
            List.of("<bos>", "<eos>", "a", "b", "\u0120", "ab", "", "\u0120a", "a", "ab", "<bos>", "<turn>", "<turn>",
                    "a");
    private static final List<Piece.Type> TYPES = List.of(Piece.Type.CONTROL, Piece.Type.CONTROL, Piece.Type.NORMAL,
            Piece.Type.NORMAL, Piece.Type.NORMAL, Piece.Type.NORMAL, Piece.Type.NORMAL, Piece.Type.NORMAL,
            Piece.Type.NORMAL, Piece.Type.NORMAL, Piece.Type.CONTROL, Piece.Type.USER_DEFINED, Piece.Type.NORMAL,
            Piece.Type.UNUSED);

    private static Tokenizer bytePairs() {
        List<Piece> pieces = new ArrayList<>();
        for (int id = 0; id < TEXTS.size(); id++) pieces.add(new Piece(TEXTS.get(id), 0, TYPES.get(id)));
        return Tokenizer.open(new TokenizerSource.BytePairs(FILE, pieces, List.of("a b", "\u0120 a"), "gpt-2",
                TokenizerSettings.ids(0, 1)));
    }

    @Test void theLastIdOfABytePairTextEncodesIt() {
        Tokenizer tokenizer = bytePairs();
        assertArrayEquals(new int[]{9, 4, 9, 7}, tokenizer.encode("ab ab a"));
        assertArrayEquals(new int[]{8, 8}, tokenizer.encode("aa"));
        assertArrayEquals(new int[]{0, 8, 11, 3}, tokenizer.encode("<bos>a<turn>b"));
        assertEquals(OptionalInt.of(8), tokenizer.id("a"));
        assertEquals(OptionalInt.of(7), tokenizer.id("\u0120a"));
    }

    @Test void everyIdOfABytePairVocabularyHasItsText() {
        Tokenizer tokenizer = bytePairs();
        assertEquals("aaabab a", tokenizer.decode(2, 8, 5, 9, 7));
        assertEquals("<turn><turn>", tokenizer.decode(11, 12));
        assertEquals("<id 6><id 13>", tokenizer.decode(6, 0, 10, 13));
        TokenStream stream = tokenizer.stream();
        assertEquals("aa", stream.accept(2) + stream.accept(8) + stream.finish());
        assertEquals("a<id 2>", tokenizer.piece(2));
        assertEquals("a", tokenizer.piece(8));
        assertEquals(OptionalInt.of(2), tokenizer.id("a<id 2>"));
        assertEquals(Piece.Type.CONTROL, tokenizer.type(10));
        assertEquals(OptionalInt.of(0), tokenizer.bos());
    }
}
