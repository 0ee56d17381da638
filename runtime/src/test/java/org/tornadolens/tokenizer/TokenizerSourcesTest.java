package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opens one vocabulary in every format in which a checkpoint may hold it. */
class TokenizerSourcesTest {

    private final Tokenizer original = Tokenizer.open(Golden.model("small"));

    @TempDir Path folder;

    @Test void piecesEncodeAsTheModelTheyCameFrom() {
        assertSame(Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces(), true, 0, 1, 2)));
    }

    @Test void llama2cEncodesAsTheModelItCameFrom() throws IOException {
        Path file = Files.write(folder.resolve("tokenizer.bin"), Llama2cFile.of(original));
        assertSame(Tokenizer.open(new TokenizerSource.Llama2c(file, original.size())));
    }

    @Test void aSavedModelEncodesAsTheOneItCameFrom() throws IOException {
        for (String name : List.of("small", "rewriting")) {
            Tokenizer tokenizer = Tokenizer.open(Golden.model(name));
            Tokenizer saved = Tokenizer.open(Files.write(folder.resolve(name), tokenizer.toModelProto()));
            assertEquals(tokenizer.bos(), saved.bos());
            assertEquals(tokenizer.eos(), saved.eos());
            for (Golden.Encoded text : Golden.of(name).encoded()) {
                assertArrayEquals(text.ids(), saved.encode(text.text()));
                assertEquals(text.decoded(), saved.decode(text.ids()));
            }
        }
    }

    @Test void withoutASpacePrefixNoneIsAddedAndNoneDropped() {
        Tokenizer tokenizer = Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces(), false, 0, 1, 2));
        assertEquals("the", tokenizer.piece(tokenizer.encode("the")[0]) + tokenizer.piece(tokenizer.encode("the")[1]));
        assertEquals(" the", tokenizer.decode(tokenizer.encode(" the")));
        assertEquals(" the", tokenizer.decode(tokenizer.id("\u2581the").orElseThrow()));
    }

    @Test void specialPiecesAreFound() {
        assertEquals(OptionalInt.of(1), original.bos());
        assertEquals(OptionalInt.of(2), original.eos());
        assertEquals(0, original.unknown());
        assertEquals(Piece.Type.CONTROL, original.type(1));
        assertEquals(Piece.Type.BYTE, original.type(3));
        Tokenizer rewriting = Tokenizer.open(Golden.model("rewriting"));
        assertTrue(rewriting.bos().isEmpty());
        assertEquals(OptionalInt.of(2), rewriting.eos());
        assertEquals(1, rewriting.unknown());
        assertEquals(Piece.Type.USER_DEFINED, rewriting.type(rewriting.id("the cat").orElseThrow()));
    }

    @Test void absentSpecialPiecesStayAbsent() throws IOException {
        Tokenizer tokenizer = Tokenizer.open(new TokenizerSource.Pieces(Path.of("a.gguf"), pieces(), true, 0, -1, -1));
        Tokenizer saved = Tokenizer.open(Files.write(folder.resolve("saved"), tokenizer.toModelProto()));
        assertTrue(tokenizer.bos().isEmpty() && tokenizer.eos().isEmpty());
        assertTrue(saved.bos().isEmpty() && saved.eos().isEmpty());
    }

    private void assertSame(Tokenizer tokenizer) {
        assertEquals(original.bos(), tokenizer.bos());
        assertEquals(original.eos(), tokenizer.eos());
        for (int id = 0; id < original.size(); id++) {
            assertEquals(original.piece(id), tokenizer.piece(id));
            assertEquals(original.type(id), tokenizer.type(id));
        }
        for (Golden.Encoded text : Golden.of("small").encoded()) {
            assertArrayEquals(text.ids(), tokenizer.encode(text.text()));
            assertEquals(text.decoded(), tokenizer.decode(text.ids()));
        }
    }

    private List<Piece> pieces() {
        List<Piece> pieces = new ArrayList<>();
        for (int id = 0; id < original.size(); id++)
            pieces.add(new Piece(original.piece(id), original.score(id), original.type(id)));
        return pieces;
    }
}
