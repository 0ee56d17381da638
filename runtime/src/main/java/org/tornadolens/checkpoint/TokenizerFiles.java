package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.tornadolens.tokenizer.TokenizerSource;

/** Finds the tokenizer in the folder of a checkpoint. */
final class TokenizerFiles {

    static final String SENTENCEPIECE = "tokenizer.model", JSON = "tokenizer.json";

    /** A line of the byte-pair vocabularies that have the same file name since Llama 3: base64, a space, a rank. */
    private static final Pattern RANKED_BYTES = Pattern.compile("[A-Za-z0-9+/]+=* \\d+\\n");

    private TokenizerFiles() {}

    /**
     * Returns the tokenizer in the first folder that has one, or else a description of where it was looked for. Of two
     * in one folder it is tokenizer.json, which transformers reads, too.
     */
    static TokenizerSource beside(Path... folders) {
        return find(folders).orElseGet(
                () -> new TokenizerSource.None("neither a " + JSON + " nor a " + SENTENCEPIECE + " in " + folders[0]));
    }

    /** Returns the tokenizer in the first folder that has one. */
    static Optional<TokenizerSource> find(Path... folders) {
        for (Path folder : folders) {
            Path json = folder.resolve(JSON).normalize(), model = folder.resolve(SENTENCEPIECE).normalize();
            if (Files.isRegularFile(json))
                return Optional.of(unlessPointer(json,
                        () -> new TokenizerSource.TokenizerJson(json, TokenizerConfig.beside(folder))));
            if (Files.isRegularFile(model))
                return Optional.of(unlessPointer(model, () -> rankedBytes(model)
                        ? new TokenizerSource.Tiktoken(model)
                        : new TokenizerSource.SentencePieceModel(model, TokenizerConfig.beside(folder))));
        }
        return Optional.empty();
    }

    /** A pointer of Git LFS leaves the model without a tokenizer; it runs on ids. */
    static TokenizerSource unlessPointer(Path file, Supplier<TokenizerSource> source) {
        return MappedFile.pointer(file)
                .<TokenizerSource>map(pointer -> new TokenizerSource.None(file + " " + pointer)).orElseGet(source);
    }

    private static boolean rankedBytes(Path file) {
        MappedFile mapped = MappedFile.open(file);
        String start = mapped.cursor(0).latin1(Math.min(mapped.size(), 64));
        return RANKED_BYTES.matcher(start).lookingAt();
    }
}
