package org.tornadolens.checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.tornadolens.tokenizer.TokenizerSource;

/** Finds the tokenizer in the folder of a checkpoint. */
final class TokenizerFiles {

    static final String SENTENCEPIECE = "tokenizer.model";

    /** A line of the byte-pair vocabularies that have the same file name since Llama 3: base64, a space, a rank. */
    private static final Pattern RANKED_BYTES = Pattern.compile("[A-Za-z0-9+/]+=* \\d+\\n");

    private TokenizerFiles() {}

    /** Returns the SentencePiece model in the first folder that has one, or else a description of what was found. */
    static TokenizerSource beside(Path... folders) {
        for (Path folder : folders) {
            Path model = folder.resolve(SENTENCEPIECE).normalize();
            if (!Files.isRegularFile(model)) continue;
            return rankedBytes(model)
                    ? new TokenizerSource.None(
                            model + " is a vocabulary of ranked byte pairs; a SentencePiece tokenizer.model is needed")
                    : new TokenizerSource.SentencePieceModel(model);
        }
        return new TokenizerSource.None(Files.exists(folders[0].resolve("tokenizer.json"))
                ? folders[0] + " has only a tokenizer.json; a SentencePiece tokenizer.model is needed"
                : "no tokenizer.model in " + folders[0]);
    }

    private static boolean rankedBytes(Path file) {
        MappedFile mapped = MappedFile.open(file);
        String start = mapped.cursor(0).latin1(Math.min(mapped.size(), 64));
        return RANKED_BYTES.matcher(start).lookingAt();
    }
}
