package org.tornadolens.tokenizer;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What SentencePiece's own Python package answered; made by golden.py, beside the files. */
record Golden(List<Encoded> encoded, List<Decoded> decoded, List<String> pieces) {

    static final Path FOLDER = Path.of("src/test/resources/tokenizer");
    static final Path SMALL_MODEL = FOLDER.resolve("small.model");

    record Encoded(String text, int[] ids, String decoded) {}

    record Decoded(int[] ids, String text) {}

    static Golden small() { return read(FOLDER.resolve("golden.json")); }

    static Golden read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            return new Gson().fromJson(reader, Golden.class);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
