package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A broken tokenizer gives one line that names the file and the problem; it never ends the process. */
class BadTokenizerTest {

    @TempDir Path folder;

    @Test void whatIsNotThereSaysSo() {
        Path file = folder.resolve("tokenizer.model");
        assertEquals(file + ": there is no such file", problem(() -> Tokenizer.open(file)));
        assertTrue(problem(() -> Tokenizer.open(folder)).startsWith(folder + ": cannot be read"));
        assertEquals("no tokenizer.model in here: the model can be run on token ids, not on text",
                problem(() -> Tokenizer.open(new TokenizerSource.None("no tokenizer.model in here"))));
    }

    @Test void otherFilesAreNotTakenForTokenizers() {
        for (String content : List.of("", "{\"version\": \"1.0\", \"model\": {}}", "GGUF\3\0\0\0",
                "the cat sat on the mat\n", "\0\0\0\0\0\0\0\0")) {
            assertTrue(problem(() -> open(content.getBytes(StandardCharsets.UTF_8)))
                    .contains("not a SentencePiece model"));
        }
    }

    @Test void aFileOfMegabytesOfNothingIsRefusedBeforeItIsHeld() throws IOException {
        byte[] empties = new byte[4 << 20];
        for (int i = 0; i < empties.length; i += 2) empties[i] = 0x0A;   // two million empty pieces
        assertTrue(problem(() -> open(empties)).endsWith("more than 1048576 pieces"));
        Path large = folder.resolve("large.model");
        try (var file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertTrue(problem(() -> Tokenizer.open(large)).contains("has 1099511627776 bytes, more than any tokenizer"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void cutShortAnywhereItIsRefusedOrStillATokenizer(String model) {
        byte[] whole = Golden.bytes(model);
        for (int length = 0; length < whole.length; length += 13)
            survives(Arrays.copyOf(whole, length), bytes -> ModelProto.parse(bytes, "cut"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "rewriting"}) void damagedAnyhowItIsRefusedOrStillATokenizer(String model) {
        byte[] whole = Golden.bytes(model);
        Random random = new Random(4);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            if (!survives(damaged(whole, random), bytes -> ModelProto.parse(bytes, "damaged"))) refused++;
        }
        assertTrue(refused > 500 && refused < 2000, refused + " refused");
    }

    @Test void aDamagedLlama2cVocabularyIsRefusedOrStillATokenizer() {
        Tokenizer original = Tokenizer.open(Golden.model("small"));
        byte[] whole = Llama2cFile.of(original);
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            survives(damaged(whole, random), bytes -> Llama2cVocabulary.parse(bytes, original.size(), "damaged"));
        }
    }

    @Test void aLlama2cVocabularyOfAnotherSizeIsRefused() {
        byte[] bytes = Llama2cFile.of(Tokenizer.open(Golden.model("small")));
        assertEquals("t.bin: it ends after 480 of 481 pieces",
                problem(() -> Llama2cVocabulary.parse(bytes, 481, "t.bin")));
        assertEquals("t.bin: it has more than the model's 479 pieces: it belongs to another model",
                problem(() -> Llama2cVocabulary.parse(bytes, 479, "t.bin")));
        assertEquals("t.bin: a vocabulary of 100 has no room for the 256 bytes",
                problem(() -> Llama2cVocabulary.parse(bytes, 100, "t.bin")));
    }

    @Test void aSentencePieceModelNeedsATextForEachPiece() {
        assertEquals("t.model: pieces 300 and 301 are both 'twice'", problem(() -> checkModel(pieces -> {
            set(pieces, 300, "twice");
            set(pieces, 301, "twice");
        })));
        assertEquals("t.model: piece 300 is empty", problem(() -> checkModel(pieces -> set(pieces, 300, ""))));
    }

    private static void checkModel(Consumer<List<Piece>> change) {
        ModelProto model = ModelProto.parse(Golden.bytes("small"), "small.model");
        List<Piece> pieces = new ArrayList<>(model.pieces());
        change.accept(pieces);
        ModelCheck.check(new ModelProto(pieces, model.algorithm(), model.unknown(), model.bos(), model.eos(),
                model.byteFallback(), model.whitespaceSuffix(), model.unknownSurface(), model.normalizer()), "t.model");
    }

    @Test void piecesThatMakeNoVocabularyAreNamed() {
        assertEquals("a.gguf: tokenizer: piece 300 contains a NUL character",
                problem(() -> openPieces(pieces -> set(pieces, 300, "a\0"))));
        assertEquals("a.gguf: tokenizer: piece 300 is 257 characters long; the limit is 256",
                problem(() -> openPieces(pieces -> set(pieces, 300, "a".repeat(257)))));
        assertEquals("a.gguf: tokenizer: piece 300 'new' has the score NaN",
                problem(() -> openPieces(pieces -> pieces.set(300, new Piece("new", Float.NaN, Piece.Type.NORMAL)))));
        assertEquals("a.gguf: tokenizer: piece 3 'zero' is of type byte but not written <0x00> to <0xFF>",
                problem(() -> openPieces(pieces -> pieces.set(3, new Piece("zero", 0, Piece.Type.BYTE)))));
        assertEquals("a.gguf: tokenizer: byte_fallback needs all 256 byte pieces; <0x00> is missing",
                problem(() -> openPieces(pieces -> set(pieces, 3, "zero"))));
        assertEquals("a.gguf: tokenizer: pieces 0 and 300 are both of type unknown",
                problem(() -> openPieces(pieces -> pieces.set(300, new Piece("?", 0, Piece.Type.UNKNOWN)))));
    }

    @Test void specialIdsOutsideTheVocabularyAreNamed() {
        List<Piece> pieces = ModelProto.parse(Golden.bytes("small"), "small.model").pieces();
        assertEquals("a.gguf: tokenizer: BOS is id 480, but there are only 480 pieces",
                problem(() -> Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces, true, 0, 480, 2))));
        assertEquals("a.gguf: tokenizer: id 5 is not the unknown piece",
                problem(() -> Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces, true, 5, 1, 2))));
    }

    @Test void aNormaliserThatPointsOutsideItselfIsRefused() {
        ModelProto model = ModelProto.parse(Golden.bytes("rewriting"), "rewriting.model");
        byte[] map = model.normalizer().charsMap();
        CharsMap.of(map, "whole");
        Random random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            byte[] damaged = map.clone();
            for (int k = 0; k <= i % 8; k++) damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            ModelProto proto = new ModelProto(model.pieces(), model.algorithm(), model.unknown(), model.bos(),
                    model.eos(), model.byteFallback(), false, "", new ModelProto.Normalizer(damaged, true, true, true));
            if (!survives(new byte[0], _ -> proto)) refused++;
        }
        assertTrue(refused > 0 && refused < 500, refused + " refused");
        assertTrue(problem(() -> CharsMap.of(Arrays.copyOf(map, map.length - 1), "cut"))
                .contains("precompiled_charsmap"));
    }

    /** Returns whether the tokenizer could be opened; if so, it has also encoded a text. */
    private static boolean survives(byte[] bytes, Function<byte[], ModelProto> parser) {
        try {
            ModelProto model = parser.apply(bytes);
            ModelCheck.check(model, "damaged");
            NativeEncoder encoder = new NativeEncoder(model, "damaged");
            for (String text : List.of("the cat  <s>\n", "é😀\0x \uFB01", "   ")) {
                for (int id : encoder.encode(text, 5)) assertTrue(id >= 0 && id < model.pieces().size());
            }
            return true;
        } catch (TokenizerException e) {
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
            return false;
        }
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        // the settings of the encoding are a few bytes at the end of a file
        int at = random.nextBoolean() ? random.nextInt(bytes.length)
                : bytes.length - 1 - random.nextInt(Math.min(100, bytes.length));
        int some = Math.min(4, bytes.length - at);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> {
                for (int i = at; i < at + some; i++) bytes[i] = (byte) random.nextInt();
            }
            default -> {   // repeats some bytes
                byte[] longer = Arrays.copyOf(bytes, bytes.length + some);
                System.arraycopy(bytes, at, longer, at + some, bytes.length - at);
                return longer;
            }
        }
        return bytes;
    }

    private Tokenizer open(byte[] content) {
        try {
            return Tokenizer.open(Files.write(folder.resolve("tokenizer.model"), content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tokenizer openPieces(Consumer<List<Piece>> change) {
        List<Piece> pieces = new ArrayList<>(ModelProto.parse(Golden.bytes("small"), "small.model").pieces());
        change.accept(pieces);
        return Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces, true, 0, 1, 2));
    }

    private static void set(List<Piece> pieces, int id, String text) {
        pieces.set(id, new Piece(text, 0, Piece.Type.NORMAL));
    }

    private static String problem(Executable call) {
        String message = assertThrows(TokenizerException.class, call).getMessage();
        assertFalse(message.contains("\n"), message);
        return message;
    }
}
