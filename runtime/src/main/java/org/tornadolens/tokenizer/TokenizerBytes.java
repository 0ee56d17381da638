package org.tornadolens.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The bytes of a tokenizer's file. */
final class TokenizerBytes {

    private TokenizerBytes() {}

    static byte[] read(Path file, long maxBytes) {
        try {
            long size = Files.size(file);
            if (size > maxBytes)
                throw new TokenizerException(file.toString(),
                        "not a tokenizer: it has " + size + " bytes, more than any tokenizer");
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new TokenizerException(file.toString(), "there is no such file", e);
        } catch (IOException e) {
            throw new TokenizerException(file.toString(), "cannot be read (" + e + ")", e);
        }
    }
}
