package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.checkpoint.Tampered.assertRefused;
import static org.tornadolens.checkpoint.Tampered.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.tokenizer.TokenizerSource;

/** Damaged llama2.c files, and the tokenizers in the folder of intact ones. */
class BadLlama2cTest {

    @TempDir Path folder;

    private Path changed(String name, int at, int value) {
        Path file = copy(name, folder);
        byte[] bytes = Tampered.read(file);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return Tampered.write(file, bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            v0-shared.bin | 0 | 24 | \
                is cut short or not a llama2.c file: its header (2 layers of width 24) asks for
            v0-shared.bin   | 0  | -16         | dModel is -16; it must be positive
            v0-shared.bin   | 0  | 2147483647  | its width 2147483647 does not divide into 4 heads
            v0-shared.bin   | 4  | 2147483647  | its header (2 layers of width 16) asks for
            v0-shared.bin   | 8  | 2147483647  | its header (2147483647 layers of width 16) asks for
            v0-shared.bin   | 8  | 1           | is too long: its header (1 layers of width 16)
            v0-shared.bin   | 12 | 0           | its width 16 does not divide into 0 heads
            v0-shared.bin   | 20 | -2147483648 | dVocab is -2147483648; it must be positive
            v0-separate.bin | 20 | 24          | is too long
            v1-separate.bin | 4  | 2           | has llama2.c version 2; only 0 and 1 are supported
            v1-separate.bin | 36 | 1           | is too long
            """) void aHeaderThatDisagreesWithTheFileIsRefused(
            String name, int at, int value, String expected) {
        assertRefused(expected, changed(name, at, value));
    }

    @Test void sizesThatOverflowAreRefused() {
        Path file = folder.resolve("x.bin");
        ByteBuffer header = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
        for (int size : new int[]{1 << 30, Integer.MAX_VALUE, Integer.MAX_VALUE, 1 << 20, 1 << 20, Integer.MAX_VALUE,
                64})
            header.putInt(size);
        assertRefused("asks for more weights than a file can hold", Tampered.write(file, header.array()));
    }

    @Test void aFileCutShortIsRefused() {
        Path file = copy("v1-separate.bin", folder);
        byte[] bytes = Tampered.read(file);
        assertRefused("asks for 19008 bytes and it has 19004",
                Tampered.write(file, Arrays.copyOf(bytes, bytes.length - 4)));
        assertRefused("is cut short", Tampered.write(file, Arrays.copyOf(bytes, 20)));
    }

    @Test void aPyTorchFileOfTheSameEndingIsRecognised() throws IOException {
        Path file = copy("meta-bf16", folder).resolve("consolidated.00.pth");
        assertRefused("pytorch_model.bin: has no config.json beside it",
                Files.move(file, folder.resolve("pytorch_model.bin")));
    }

    @Test void theTokenizerBesideTheFileIsFound() {
        Path file = copy("v0-shared.bin", folder);
        assertTrue(assertInstanceOf(TokenizerSource.None.class, Checkpoints.open(file).tokenizer()).expected()
                .startsWith("neither a tokenizer.model nor a tokenizer.bin in"));
        Path own = Tampered.write(folder.resolve("tokenizer.bin"), new byte[0]);
        assertEquals(new TokenizerSource.Llama2c(own, 24), Checkpoints.open(file).tokenizer());
        Path sentencePiece = Tampered.write(folder.resolve("tokenizer.model"), new byte[]{0x0a});
        assertEquals(new TokenizerSource.SentencePieceModel(sentencePiece), Checkpoints.open(file).tokenizer());
    }
}
