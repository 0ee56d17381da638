package org.tornadolens.checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
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
        for (Path folder : folders) {
            Path json = folder.resolve(JSON).normalize(), model = folder.resolve(SENTENCEPIECE).normalize();
            if (Files.isRegularFile(json))
                return new TokenizerSource.TokenizerJson(json, TokenizerConfig.beside(folder));
            if (!Files.isRegularFile(model)) continue;
            return rankedBytes(model) ? new TokenizerSource.Tiktoken(model)
                    : new TokenizerSource.SentencePieceModel(model, TokenizerConfig.beside(folder));
        }
        return new TokenizerSource.None("neither a " + JSON + " nor a " + SENTENCEPIECE + " in " + folders[0]);
    }

    private static boolean rankedBytes(Path file) {
        MappedFile mapped = MappedFile.open(file);
        String start = mapped.cursor(0).latin1(Math.min(mapped.size(), 64));
        return RANKED_BYTES.matcher(start).lookingAt();
    }
}
