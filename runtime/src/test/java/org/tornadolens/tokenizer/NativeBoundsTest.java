package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.ModelProto.Normalizer;

/** What native SentencePiece reads or allocates without a bound never reaches it. */
class NativeBoundsTest {

    private static final String TEXT = "a".repeat(300) + " b";

    @Test void sixtyFourNestedPiecesAreEncodedAndOneMoreIsRefused() {
        assertTrue(encode(withNested(64), TEXT).length > 0);
        String message = assertThrows(TokenizerException.class, () -> encode(withNested(65), TEXT)).getMessage();
        assertEquals("t.model: more than 64 of its user-defined pieces begin with one another, up to '"
                + "a".repeat(40) + "...'", message);
    }

    @Test void nestedPiecesOfAGgufFileAreRefusedToo() {
        List<Piece> pieces = withNested(65).pieces();
        String message = assertThrows(TokenizerException.class,
                () -> Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces, true, 0, 1, 2)))
                .getMessage();
        assertTrue(message.startsWith("a.gguf: tokenizer: more than 64 of its user-defined pieces"), message);
    }

    @Test void manyPiecesThatAreNotNestedAreFine() {
        List<Piece> more = new ArrayList<>();
        for (int i = 0; i < 500; i++) more.add(new Piece("a" + (char) ('\u3042' + i), 0, Piece.Type.USER_DEFINED));
        assertTrue(encode(with(more, new byte[0]), TEXT + "a\u3042").length > 0);
    }

    @Test void thirtyTwoNestedKeysAreEncodedAndOneMoreIsRefused() {
        assertTrue(encode(normalizing(nestedKeys(32)), TEXT).length > 0);
        refused("more than 32 of its keys begin with one another", nestedKeys(33));
    }

    @Test void keysThroughASharedPartOfTheTrieAreCounted() {
        CharsMapBuilder builder = new CharsMapBuilder();
        int first = builder.put("a", "b"), end = 0;
        for (int i = 2; i <= 20; i++) builder.put("a".repeat(i), "b");
        for (int i = 1; i <= 20; i++) end = builder.put("c".repeat(i), "b");
        refused("more than 32 of its keys begin with one another", builder.build(end, first));
    }

    @Test void aCycleInTheTrieIsRefused() {
        CharsMapBuilder builder = new CharsMapBuilder();
        int end = builder.put("abc", "b");
        refused("its trie has a cycle", builder.build(end, 0));
    }

    @Test void longKeysAndReplacementsAreRefused() {
        String longest = "b".repeat(CharsMap.MAX_REPLACEMENT);
        assertTrue(encode(normalizing(Map.of("a", longest, "z".repeat(CharsMap.MAX_KEY), "c")), TEXT).length > 0);
        refused("a replacement is longer than 1024 bytes", CharsMapBuilder.of(Map.of("a", longest + "b")));
        refused("a key is longer than 256 bytes", CharsMapBuilder.of(Map.of("z".repeat(CharsMap.MAX_KEY + 1), "c")));
    }

    @Test void replacementsAreMadeAsTheMapSays() {
        NativeEncoder encoder = encoder(normalizing(Map.of("xyz", "a", "xy", "b", "\ufb01", "fi")));
        assertArrayEquals(encoder.encode("the a b fi", 100), encoder.encode("the xyz xy \ufb01", 100));
    }

    @Test void whatATextWouldGrowToIsKnownBeforeItIsEncoded() {
        NativeEncoder encoder = encoder(normalizing(Map.of("a", " ".repeat(500) + "b".repeat(500))));
        assertTrue(encoder.encode("a banana", 100).length > 0);
        String message = assertThrows(UsageException.class, () -> encoder.encode("a".repeat(2000), 10)).getMessage();
        assertEquals("a text with 2,000 characters that this tokenizer cannot split between words (up to 4,002,000 "
                + "bytes when it is normalised); at most 2,097,152 bytes can be encoded at once: divide the text",
                message);
        assertTrue(encoder.encode("b".repeat(200_000), 10).length > 0, "what does not grow is not refused");
    }

    @Test void aWordOfAsManyLettersAsAreTakenIsEncodedAndALongerOneIsRefused() {
        NativeEncoder encoder = encoder(ModelProto.parse(Golden.bytes("small"), "small.model"));
        assertTrue(encoder.encode("a".repeat(NativeEncoder.MAX_BYTES), NativeEncoder.PART).length > 0);
        assertThrows(UsageException.class, () -> encoder.encode("a".repeat(1 << 24), NativeEncoder.PART));
        assertTrue(encoder.encode("the cat ".repeat(500_000), NativeEncoder.PART).length > 500_000,
                "a text of words may be longer");
    }

    // ---- models

    private static void refused(String problem, byte[] charsMap) {
        String message = assertThrows(TokenizerException.class,
                () -> ModelCheck.check(with(List.of(), charsMap), "t.model")).getMessage();
        assertEquals("t.model: its normaliser (precompiled_charsmap) is broken: " + problem, message);
    }

    private static byte[] nestedKeys(int count) {
        Map<String, String> rules = new TreeMap<>();
        for (int i = 1; i <= count; i++) rules.put("a".repeat(i), "b");
        return CharsMapBuilder.of(rules);
    }

    private static ModelProto normalizing(byte[] charsMap) { return with(List.of(), charsMap); }

    private static ModelProto normalizing(Map<String, String> rules) { return normalizing(CharsMapBuilder.of(rules)); }

    private static ModelProto withNested(int count) {
        List<Piece> more = new ArrayList<>();
        for (int i = 1; i <= count; i++) more.add(new Piece("a".repeat(i), 0, Piece.Type.USER_DEFINED));
        return with(more, new byte[0]);
    }

    /** The small model with more pieces, in place of normal ones of the same text, and rules of normalisation. */
    private static ModelProto with(List<Piece> more, byte[] charsMap) {
        ModelProto small = ModelProto.parse(Golden.bytes("small"), "small.model");
        List<Piece> pieces = new ArrayList<>(small.pieces());
        for (Piece piece : more) {
            int at = 0;
            while (at < pieces.size() && !pieces.get(at).text().equals(piece.text())) at++;
            if (at < pieces.size()) pieces.set(at, piece);
            else pieces.add(piece);
        }
        return new ModelProto(pieces, small.algorithm(), small.unknown(), small.bos(), small.eos(),
                small.byteFallback(), false, "", new Normalizer(charsMap, true, false, true));
    }

    private static NativeEncoder encoder(ModelProto model) {
        ModelCheck.check(model, "t.model");
        return new NativeEncoder(model, "t.model");
    }

    private static int[] encode(ModelProto model, String text) { return encoder(model).encode(text, 100); }
}
