package org.tornadolens.tokenizer;

import java.nio.file.Path;
import java.util.List;

/** Where a checkpoint's tokenizer is to be had. Opening it is the tokenizer package's business. */
public sealed interface TokenizerSource {

    /** The checkpoint has none: ids can be run, text cannot. {@code expected} says where one was looked for. */
    record None(String expected) implements TokenizerSource {}

    /** A SentencePiece {@code tokenizer.model}. */
    record SentencePieceModel(Path file) implements TokenizerSource {}

    /** llama2.c's {@code tokenizer.bin}, which does not say how many pieces it has. */
    record Llama2c(Path file, int vocabularySize) implements TokenizerSource {}

    /** The pieces themselves, as the metadata of {@code file} (GGUF) lists them; the index is the id, -1 stands for none. */
    record Pieces(Path file, List<Piece> pieces, boolean addSpacePrefix, int unknown, int bos,
            int eos) implements TokenizerSource {}
}
