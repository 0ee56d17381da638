package org.tornadolens.tokenizer;

import java.nio.file.Path;
import java.util.List;

/** Where the tokenizer of a checkpoint is found; {@link Tokenizer#open(TokenizerSource)} opens it. */
public sealed interface TokenizerSource {

    /** The checkpoint has no tokenizer: ids can be run, text cannot. {@code expected} says where one was looked for. */
    record None(String expected) implements TokenizerSource {}

    /** A SentencePiece {@code tokenizer.model}. */
    record SentencePieceModel(Path file) implements TokenizerSource {}

    /** llama2.c's {@code tokenizer.bin}, which does not hold the number of its pieces. */
    record Llama2c(Path file, int vocabularySize) implements TokenizerSource {}

    /** The pieces in the metadata of a GGUF {@code file}; the index of a piece is its id, an id of -1 means none. */
    record Pieces(Path file, List<Piece> pieces, boolean addSpacePrefix, int unknown, int bos,
            int eos) implements TokenizerSource {}
}
