package org.tornadolens.tokenizer;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The results of SentencePiece's own Python package; made by golden.py, in the folder of the files. */
record Golden(List<Encoded> encoded, List<Decoded> decoded, List<String> pieces) {

    record Encoded(String text, int[] ids, String decoded) {}

    record Decoded(int[] ids, String text) {}

    /** Returns the goldens of {@link #model}(name). */
    static Golden of(String name) {
        try (Reader reader = Files.newBufferedReader(resource(name + ".json"))) {
            return new Gson().fromJson(reader, Golden.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns the path of a model: small has Llama 2's conventions; rewriting is unigram, normalises and has no BOS.
     */
    static Path model(String name) { return resource(name + ".model"); }

    static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(model(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the path of a small tokenizer.json with the conventions of a family: gpt2, llama2, llama3, … */
    static Path huggingFace(String family) {
        return resource("../tokenizers/" + family + "/tokenizer.json");
    }

    private static Path resource(String file) {
        try {
            return Path.of(Golden.class.getResource("/tokenizer").toURI()).resolve(file).normalize();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
