package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.TokenizerSettings;
import org.tornadolens.tokenizer.TokenizerSource;

/** The tokenizer in the metadata of a GGUF file. */
final class GgufTokenizer {

    private static final String TOKENS = key("tokens"), SCORES = key("scores"), TYPES = key("token_type");

    private final Path path;
    private final GgufMetadata metadata;

    GgufTokenizer(Path path, GgufMetadata metadata) {
        this.path = path;
        this.metadata = metadata;
    }

    private static String key(String name) { return "tokenizer.ggml." + name; }

    /** Returns the tokens that end generation: the end of the sequence, of a turn, and of a message. */
    static List<Integer> endOfSequence(GgufMetadata metadata) {
        return Stream.of("eos_token_id", "eot_token_id", "eom_token_id").map(GgufTokenizer::key)
                .flatMap(name -> metadata.optionalInteger(name).stream().boxed()).filter(id -> id >= 0).distinct()
                .toList();
    }

    TokenizerSource source(int vocabulary) {
        String kind = metadata.text(key("model"), "none");
        return switch (kind) {
            case "llama" -> sentencePiece(vocabulary);
            case "gpt2" -> new TokenizerSource.BytePairs(path, pieces(vocabulary, true), merges(),
                    metadata.text(key("pre"), "default"), settings(optional("bos_token_id"), optional("eos_token_id")));
            default -> new TokenizerSource.None(path + " holds a tokenizer of kind \"" + kind
                    + "\"; \"llama\" (SentencePiece) and \"gpt2\" (byte-level byte pairs) are supported");
        };
    }

    private TokenizerSource sentencePiece(int vocabulary) {
        if (!metadata.has(SCORES))
            return new TokenizerSource.None(path + " has no " + SCORES + ", by which text is cut into tokens");
        return new TokenizerSource.Pieces(path, pieces(vocabulary, false),
                metadata.flag(key("add_space_prefix"), true), metadata.integer(key("unknown_token_id"), 0),
                settings(OptionalInt.of(metadata.integer(key("bos_token_id"), 1)),
                        OptionalInt.of(metadata.integer(key("eos_token_id"), 2))));
    }

    private TokenizerSettings settings(OptionalInt bos, OptionalInt eos) {
        Optional<Boolean> addBos = metadata.has(key("add_bos_token"))
                ? Optional.of(metadata.flag(key("add_bos_token"), true)) : Optional.empty();
        Map<String, String> templates = metadata.has("tokenizer.chat_template")
                ? Map.of("default", metadata.text("tokenizer.chat_template", "")) : Map.of();
        return new TokenizerSettings(addBos, Optional.empty(), Optional.empty(), bos, eos, List.of(), templates);
    }

    private OptionalInt optional(String name) {
        OptionalInt id = metadata.optionalInteger(key(name));
        return id.isPresent() && id.getAsInt() < 0 ? OptionalInt.empty() : id;
    }

    private List<String> merges() { return metadata.array(key("merges")).strings(key("merges")); }

    private List<Piece> pieces(int vocabulary, boolean scoreless) {
        List<String> texts = metadata.array(TOKENS).strings(TOKENS);
        int n = texts.size();
        float[] scores = scoreless ? new float[n] : metadata.array(SCORES).floats(SCORES);
        int[] types = metadata.has(TYPES) ? metadata.array(TYPES).integers(TYPES) : guessed(texts);
        if (scores.length != n || types.length != n || n > vocabulary) {
            throw metadata.problem(TOKENS, "has " + n + " tokens with " + scores.length + " scores and " + types.length
                    + " types, for a vocabulary of " + vocabulary);
        }
        List<Piece> pieces = new ArrayList<>(n);
        for (int id = 0; id < n; id++) pieces.add(new Piece(texts.get(id), scores[id], type(id, types[id])));
        return pieces;
    }

    /**
     * Returns types for a file that has none: its special ids are named elsewhere, and bytes are written {@code
     * <0x0A>}.
     */
    private int[] guessed(List<String> texts) {
        int[] types = new int[texts.size()];
        for (int id = 0; id < types.length; id++) {
            boolean isByte = texts.get(id).matches("<0x[0-9A-F]{2}>");
            types[id] = (isByte ? Piece.Type.BYTE : Piece.Type.NORMAL).ordinal() + 1;
        }
        set(types, metadata.integer(key("unknown_token_id"), 0), Piece.Type.UNKNOWN);
        set(types, metadata.integer(key("bos_token_id"), 1), Piece.Type.CONTROL);
        set(types, metadata.integer(key("eos_token_id"), 2), Piece.Type.CONTROL);
        return types;
    }

    private static void set(int[] types, int id, Piece.Type type) {
        if (id >= 0 && id < types.length) types[id] = type.ordinal() + 1;
    }

    private Piece.Type type(int id, int number) {
        if (number < 1 || number > Piece.Type.values().length)
            throw metadata.problem(TYPES, "of token " + id + " is " + number + ", which is not known");
        return Piece.Type.values()[number - 1];
    }
}
