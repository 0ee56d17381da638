package org.tornadolens.tokenizer;

import java.nio.file.Path;
import java.util.List;

/** Where the tokenizer of a checkpoint is found; {@link Tokenizer#open(TokenizerSource)} opens it. */
public sealed interface TokenizerSource {

    /** The checkpoint has no tokenizer: ids can be run, text cannot. {@code expected} says where one was looked for. */
    record None(String expected) implements TokenizerSource {}

    /** A SentencePiece {@code tokenizer.model}. */
    record SentencePieceModel(Path file, TokenizerSettings settings) implements TokenizerSource {

        public SentencePieceModel(Path file) { this(file, TokenizerSettings.NONE); }
    }

    /** llama2.c's {@code tokenizer.bin}, which does not hold the number of its pieces. */
    record Llama2c(Path file, int vocabularySize) implements TokenizerSource {}

    /**
     * The SentencePiece pieces in the metadata of a GGUF {@code file}; the index of a piece is its id.
     *
     * @param unknown the id of the unknown piece
     */
    record Pieces(Path file, List<Piece> pieces, boolean addSpacePrefix, int unknown,
            TokenizerSettings settings) implements TokenizerSource {

        /** Pieces with these ids of BOS and EOS; -1 means none. */
        public Pieces(Path file, List<Piece> pieces, boolean addSpacePrefix, int unknown, int bos, int eos) {
            this(file, pieces, addSpacePrefix, unknown, TokenizerSettings.ids(bos, eos));
        }
    }

    /** A Hugging Face {@code tokenizer.json}. */
    record TokenizerJson(Path file, TokenizerSettings settings) implements TokenizerSource {}

    /**
     * The byte-level byte-pair tokenizer in the metadata of a GGUF {@code file}; the index of a piece is its id.
     *
     * @param merges pairs of pieces, separated by a space, in the order in which they are merged
     * @param split  how a text is cut into words, by llama.cpp's name ({@code tokenizer.ggml.pre})
     */
    record BytePairs(Path file, List<Piece> pieces, List<String> merges, String split,
            TokenizerSettings settings) implements TokenizerSource {}

    /** The {@code tokenizer.model} of Meta's Llama 3 folders: tiktoken's ranks of byte sequences. */
    record Tiktoken(Path file) implements TokenizerSource {}
}
