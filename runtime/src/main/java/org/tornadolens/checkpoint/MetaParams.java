package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.RopeScaling;

/**
 * Reads params.json, Meta's or Mistral's. Meta's does not give the context length, which follows from the rotary base
 * of its models. Mistral's gives the sizes of heads and of the hidden layer.
 */
final class MetaParams {

    /** Keys of unsupported variants of the architecture. */
    private static final List<String> UNSUPPORTED =
            List.of("moe", "moe_args", "quantization_args", "lora_args", "sliding_window", "vision_chunk_size",
                    "quantization", "lora", "vision_encoder", "yarn", "llama_4_scaling", "ssm", "multimodal",
                    "_sliding_window", "use_qk_norm", "qk_norm");
    /** Flags that are not supported where they are true. */
    private static final List<String> MUST_BE_FALSE = List.of("use_biases", "tied_embeddings", "use_mla");
    private static final int MISTRAL_CONTEXT = 32_768;   // of version 0.2 and 0.3, whose files do not give it

    private final Json json;

    private MetaParams(Json json) { this.json = json; }

    /**
     * @param vocabularySize the size to use where the file has -1 or none, as in Llama 1 and 2
     * @param sentencePiece  whether the tokenizer is that of Llama 1 and 2, where BOS is 1 and EOS is 2
     */
    static Configuration read(Path file, int vocabularySize, boolean sentencePiece) {
        MetaParams params = new MetaParams(Json.read(file));
        for (String key : UNSUPPORTED)
            if (params.json.has(key)) throw params.json.problem(key, "belongs to a variant that is not supported");
        for (String key : MUST_BE_FALSE)
            if (params.json.flag(key, false)) throw params.json.problem(key, "is true, which is not supported");
        return params.configuration(vocabularySize, sentencePiece);
    }

    private Configuration configuration(int vocabularySize, boolean sentencePiece) {
        int dim = json.integer("dim"), heads = json.integer("n_heads");
        if (heads <= 0 || dim % heads != 0 && !json.has("head_dim"))
            throw json.problem("dim", dim + " does not divide into n_heads " + heads);
        // Mistral's default of the rotary base has changed between versions of its code
        if (ofMistral()) json.number("rope_theta");
        int vocabulary = json.integer("vocab_size", -1);
        try {
            return Configuration.llama(
                    new Configuration.Blocks(json.integer("n_layers"), dim, hidden(dim), json.number("norm_eps")),
                    new Configuration.Heads(heads, json.integer("n_kv_heads", heads),
                            json.integer("head_dim", dim / heads)),
                    new Configuration.Context(context(), json.number("rope_theta", 10_000), ropeScaling()),
                    new Configuration.Vocabulary(vocabulary > 0 ? vocabulary : vocabularySize, false,
                            sentencePiece ? OptionalInt.of(1) : OptionalInt.empty(),
                            sentencePiece ? OptionalInt.of(2) : OptionalInt.empty()));
        } catch (UsageException e) {
            throw new CheckpointException(json.file(), e.getMessage());
        }
    }

    private boolean ofMistral() { return json.has("hidden_dim"); }

    /** Mistral's hidden_dim, or Meta's multiple_of · ceil(int(ffn_dim_multiplier · int(8·dim/3)) / multiple_of). */
    private int hidden(int dim) {
        if (ofMistral()) return json.integer("hidden_dim");
        long multiple = json.integer("multiple_of");
        if (multiple <= 0) throw json.problem("multiple_of", "is " + multiple + "; it must be positive");
        double hidden = json.number("ffn_dim_multiplier", 1) * (8L * dim / 3);
        if (!(hidden > 0 && hidden < Integer.MAX_VALUE))
            throw json.problem("ffn_dim_multiplier", "makes the hidden layer " + hidden + " wide");
        long rounded = Math.ceilDiv((long) hidden, multiple) * multiple;
        if (rounded > Integer.MAX_VALUE)
            throw json.problem("multiple_of", "makes the hidden layer " + rounded + " wide");
        return (int) rounded;
    }

    private int context() {
        for (String key : List.of("max_seq_len", "max_position_embeddings"))
            if (json.has(key)) return json.integer(key);
        if (ofMistral()) return MISTRAL_CONTEXT;
        if (json.flag("use_scaled_rope", false)) return 131_072;         // Llama 3.1 and 3.2
        return switch ((int) json.number("rope_theta", 10_000)) {
            case 500_000 -> 8192;                                        // Llama 3
            case 1_000_000 -> 16_384;                                    // Code Llama
            default -> 4096;                                             // Llama 2
        };
    }

    /** Whether this is the shape of Llama 3.2 1B or 3B, whose files do not give their own scaling factor. */
    private boolean ofSmallLlama32() {
        int dim = json.integer("dim"), layers = json.integer("n_layers");
        return dim == 2048 && layers == 16 || dim == 3072 && layers == 28;
    }

    private RopeScaling ropeScaling() {
        if (!json.flag("use_scaled_rope", false)) return RopeScaling.NONE;
        return new RopeScaling.Llama3(json.number("rope_scaling_factor", ofSmallLlama32() ? 32 : 8), 1,
                json.number("rope_high_freq_factor", 4),
                8192);
    }
}
