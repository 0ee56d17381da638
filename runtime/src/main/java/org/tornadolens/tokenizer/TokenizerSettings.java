package org.tornadolens.tokenizer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is said about a tokenizer beside it: in tokenizer_config.json and its neighbours, or in GGUF's metadata.
 *
 * @param addBos        whether a BOS is put in front of every text; where nothing is said, the tokenizer's own rule
 * holds
 * @param bosText       the text of the token that begins a sequence
 * @param eosText       the text of the token that ends a sequence
 * @param bosId         its id, where that is said instead
 * @param eosId         its id, where that is said instead
 * @param added         tokens found in a text before it is cut into pieces
 * @param chatTemplates Jinja templates by name; the usual one is named {@code default}
 */
public record TokenizerSettings(Optional<Boolean> addBos, Optional<String> bosText, Optional<String> eosText,
        OptionalInt bosId, OptionalInt eosId, List<AddedToken> added, Map<String, String> chatTemplates) {

    public static final TokenizerSettings NONE = new TokenizerSettings(Optional.empty(), Optional.empty(),
            Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), List.of(), Map.of());

    /** These ids of BOS and EOS, and nothing else; -1 means none. */
    public static TokenizerSettings ids(int bos, int eos) {
        return new TokenizerSettings(Optional.empty(), Optional.empty(), Optional.empty(), id(bos), id(eos), List.of(),
                Map.of());
    }

    private static OptionalInt id(int id) { return id == -1 ? OptionalInt.empty() : OptionalInt.of(id); }

    public TokenizerSettings {
        added = List.copyOf(added);
        chatTemplates = Map.copyOf(chatTemplates);
    }
}
