package org.tornadolens.tokenizer;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Converts text to token ids and back. Immutable and thread-safe; nothing has to be closed. The native library behind
 * it is loaded by the first call that encodes.
 *
 * <p>Decoding restores every encoded text if the tokenizer has a token for every byte and does not normalise, as those
 * of Llama, GPT-2, Qwen2 and their relatives, but for what SentencePiece itself changes: U+2581, which stands for a
 * space in its pieces, is decoded as a space. An unpaired surrogate, which UTF-8 cannot represent, is encoded as
 * U+FFFD.
 */
public sealed interface Tokenizer permits SentencePieceTokenizer, HuggingFaceTokenizer {

    /** How the texts of special tokens, such as {@code <|im_end|>}, are encoded. */
    enum SpecialTokens {
        /** As the tokens that they name, which is what transformers does. */
        PARSED,
        /** As any other text. */
        AS_TEXT
    }

    /** @throws TokenizerException if there is no tokenizer, or a broken one */
    static Tokenizer open(TokenizerSource source) {
        return switch (source) {
            case TokenizerSource.SentencePieceModel model -> SentencePieceTokenizer.open(model);
            case TokenizerSource.Llama2c vocabulary -> SentencePieceTokenizer.open(vocabulary);
            case TokenizerSource.Pieces pieces -> SentencePieceTokenizer.open(pieces);
            case TokenizerSource.TokenizerJson json -> HuggingFaceTokenizer.open(json);
            case TokenizerSource.BytePairs pairs -> HuggingFaceTokenizer.open(pairs);
            case TokenizerSource.Tiktoken ranks -> HuggingFaceTokenizer.open(ranks);
            case TokenizerSource.None(String expected) ->
                    throw new TokenizerException(expected, "the model can be run on token ids, not on text");
        };
    }

    /** Opens a SentencePiece {@code tokenizer.model}. */
    static Tokenizer open(Path tokenizerModel) {
        return open(new TokenizerSource.SentencePieceModel(tokenizerModel));
    }

    /** Returns the ids of a text, without BOS; none for the empty text. Special tokens are parsed. */
    default int[] encode(String text) {
        return encode(text, SpecialTokens.PARSED);
    }

    /** Returns the ids of a text, without BOS; none for the empty text. */
    int[] encode(String text, SpecialTokens specialTokens);

    /** Returns the ids of a text as {@link #encode} does, and the characters that each stands for. */
    Spans spans(String text, SpecialTokens specialTokens);

    /**
     * Returns the bytes of UTF-8 that a token stands for within a text; of a special token, those of its name. None for
     * an id without a token.
     */
    byte[] bytes(int id);

    /**
     * Returns the text of these ids; special tokens such as BOS have none, and an id without a token is its
     * {@link #piece}. Bytes that are not UTF-8 become U+FFFD.
     */
    String decode(int... ids);

    /** Returns a decoder for ids that arrive one at a time. */
    TokenStream stream();

    /**
     * Returns the token as text in which U+2581 stands for a space and {@code <0x0A>} for a byte that is not a
     * character of its own. An id without a token, as in vocabularies padded to a round number, is {@code <id 49153>}.
     */
    String piece(int id);

    /**
     * Returns the id of a {@link #piece}; a token's text as its vocabulary writes it ({@code Ġthe}) is understood too.
     */
    OptionalInt id(String piece);

    Piece.Type type(int id);

    /** Returns the number of ids, which run from 0 to one less. A model may have room for more. */
    int size();

    OptionalInt bos();

    OptionalInt eos();

    OptionalInt unknown();

    /** Whether transformers puts the BOS in front of every text. */
    boolean addsBos();

    /** Whether a space is put in front of every text, so that a word that begins one is encoded as after a space. */
    boolean addsSpace();

    /** Returns the chat templates, in Jinja, by name; the usual one is named {@code default}. */
    Map<String, String> chatTemplates();

    /**
     * Returns the piece as it can be printed beside a chart's axis: as {@link #piece}, with characters that show as
     * nothing or change their surroundings (line breaks, joiners, lone combining marks) written {@code <U+200D>}.
     * Different ids have different labels.
     */
    default String label(int id) { return Label.of(piece(id)); }

    /** Returns the files, by name, of which a Hugging Face folder's tokenizer consists. */
    Map<String, byte[]> files();
}
