package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Families;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.architecture.Settings;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.TokenizerSource;

/** Opens a GGUF file of a supported architecture, with the tokenizer that it contains. */
final class Gguf {

    /** Keys of llama.cpp that change the computation, each with the value at which it has no effect. */
    private static final Map<String, Double> NEUTRAL = Map.of("expert_count", 0.0,
            "logit_scale", 1.0, "residual_scale", 1.0, "embedding_scale", 1.0,
            "attn_logit_softcapping", 0.0, "final_logit_softcapping", 0.0, "attention.clamp_kqv", 0.0);

    private static final String EMBEDDING = ParameterSpec.EMBEDDING.name(FileFormat.GGUF, -1).orElseThrow();
    private static final String UNEMBEDDING = ParameterSpec.UNEMBEDDING.name(FileFormat.GGUF, -1).orElseThrow();

    /** Values of general.type of files that are no model, each with what the file is. */
    private static final Map<String, String> OTHERS = Map.of(
            "adapter",
            "a LoRA adapter, not a model; merge it into its base model (llama-export-lora) and open the result",
            "mmproj", "the projector of a multimodal model; open the file of its language model",
            "imatrix", "an importance matrix for quantising a model; open the model",
            "vocab", "a vocabulary without weights; open a file of the whole model");

    private final Path path;
    private final GgufParts file;
    private final GgufMetadata metadata;
    private String architecture;

    private Gguf(GgufParts file) {
        this.path = file.path();
        this.file = file;
        this.metadata = file.head().metadata();
    }

    static Checkpoint open(Path path) {
        Gguf gguf = new Gguf(GgufParts.open(path));
        Configuration configuration = gguf.configuration();
        Weights weights =
                new Assembly(path, Naming.gguf(configuration.family()), configuration, gguf.file.tensors()).weights();
        return new Checkpoint(path, "GGUF v" + gguf.file.head().version(), configuration, weights,
                gguf.tokenizer(configuration));
    }

    private void refuseOthers() {
        String type = metadata.text("general.type", "model");
        if (metadata.text("general.architecture", "").equals("clip")) type = "mmproj";
        if (metadata.has("adapter.type")) type = "adapter";
        if (file.tensors().isEmpty() && !OTHERS.containsKey(type)) type = "vocab";
        if (OTHERS.containsKey(type)) throw new CheckpointException(path, "is " + OTHERS.get(type));
    }

    private Families.Found family() {
        refuseOthers();
        architecture = metadata.text("general.architecture");
        Settings own = new OwnSettings(metadata, architecture + ".", file.tensors().keySet());
        Families.Found family =
                Families.ofGguf(architecture, own).orElseThrow(() -> metadata.problem("general.architecture",
                        "is \"" + architecture + "\", which is not supported; " + Families.ggufNames() + " are"));
        NEUTRAL.forEach((key, neutral) -> {
            if (metadata.number(own(key), neutral) != neutral)
                throw metadata.problem(own(key), "is " + metadata.values().get(own(key)) + ", which is not supported");
        });
        if (!metadata.flag(own("attention.causal"), true))
            throw metadata.problem(own("attention.causal"), "is false, which is not supported");
        return family;
    }

    /** Returns the full name of a key of the file's architecture. */
    private String own(String key) {
        return architecture + "." + key;
    }

    private Configuration configuration() {
        Families.Found family = family();
        int dModel = metadata.integer(own("embedding_length"));
        int nHeads = metadata.integer(own("attention.head_count"));
        boolean divides = nHeads > 0 && (dModel % nHeads == 0 || metadata.has(own("attention.key_length")));
        if (!divides)
            throw metadata.problem(own("embedding_length"), dModel + " does not divide into " + nHeads + " heads");
        int dHead = metadata.integer(own("attention.key_length"), dModel / nHeads);
        refuseUnless(dHead, own("attention.value_length"));
        refuseUnless(dHead, own("rope.dimension_count"));
        if (metadata.has(own("attention.scale"))
                && Math.abs(metadata.number(own("attention.scale")) * Math.sqrt(dHead) - 1) > 1e-6) {
            throw metadata.problem(own("attention.scale"), "is not 1/sqrt(" + dHead + "), which is not supported");
        }
        try {
            return new Configuration(family.family(),
                    new Configuration.Blocks(metadata.integer(own("block_count")), dModel,
                            metadata.integer(own("feed_forward_length")),
                            metadata.number(own("attention.layer_norm_rms_epsilon"))),
                    new Configuration.Heads(nHeads, metadata.integer(own("attention.head_count_kv"), nHeads), dHead),
                    new Configuration.Context(metadata.integer(own("context_length")),
                            metadata.number(own("rope.freq_base"), 10_000), ropeScaling(dHead)),
                    new Configuration.Vocabulary(vocabularySize(), !file.tensors().containsKey(UNEMBEDDING),
                            metadata.optionalInteger("tokenizer.ggml.bos_token_id"),
                            GgufTokenizer.endOfSequence(metadata)),
                    family.variant());
        } catch (UsageException e) {
            throw new CheckpointException(path, e.getMessage());
        }
    }

    private void refuseUnless(int dHead, String key) {
        int size = metadata.integer(key, dHead);
        if (size != dHead)
            throw metadata.problem(key, "is " + size + " where a head has " + dHead + ", which is not supported");
    }

    private int vocabularySize() {
        if (metadata.has(own("vocab_size"))) return metadata.integer(own("vocab_size"));
        StoredTensor tensor = file.tensors().get(EMBEDDING);
        if (tensor == null) throw new CheckpointException(path, EMBEDDING, "is missing");
        long rows = tensor.shape().size() == 2 ? tensor.shape().getFirst() : 0;
        if (rows <= 0 || rows > Integer.MAX_VALUE)
            throw tensor.problem("its shape is " + tensor.shape() + " where a row for each token is needed");
        return (int) rows;
    }

    /** Linear scaling and YaRN are described by metadata; Llama 3's by a tensor of divisors, one per rotary pair. */
    private RopeScaling ropeScaling(int dHead) {
        // as in llama.cpp, a factor without a type is linear
        String type = metadata.text(own("rope.scaling.type"),
                metadata.has(own("rope.scaling.factor")) ? "linear" : "none");
        if (type.equals("yarn")) return yarn();
        double factor = switch (type) {
            case "none" -> metadata.number(own("rope.scale_linear"), 1);
            case "linear" -> metadata.number(own("rope.scaling.factor"));
            case String other -> throw metadata.problem(own("rope.scaling.type"),
                    "is \"" + other + "\"; only none, linear and yarn are supported");
        };
        if (metadata.number(own("rope.scaling.attn_factor"), 1) != 1) {
            throw metadata.problem(own("rope.scaling.attn_factor"),
                    "is " + metadata.number(own("rope.scaling.attn_factor")) + ", which is supported with yarn only");
        }
        StoredTensor divisors = file.tensors().get("rope_freqs.weight");
        if (divisors == null) return factor == 1 ? RopeScaling.NONE : new RopeScaling.Linear(factor);
        if (!divisors.type().equals("F32") || !divisors.shape().equals(List.of(dHead / 2L))) {
            throw divisors.problem(
                    "is " + divisors.type() + " " + divisors.shape() + " where F32 [" + dHead / 2 + "] is needed");
        }
        List<Double> factors = new ArrayList<>();
        for (int pair = 0; pair < dHead / 2; pair++)
            factors.add(factor * ElementType.F32.get(divisors.data(), pair * (long) Float.BYTES));
        return new RopeScaling.EachPair(factors);
    }

    /** As in llama.cpp, the attention factor multiplies the magnitude that follows from the scaling factor. */
    private RopeScaling yarn() {
        double factor = metadata.number(own("rope.scaling.factor")),
                attention = metadata.number(own("rope.scaling.attn_factor"), 1);
        OptionalDouble magnitude = attention == 1 ? OptionalDouble.empty()
                : OptionalDouble.of(attention * RopeScaling.Yarn.magnitude(factor, 1));
        return new RopeScaling.Yarn(factor,
                metadata.integer(own("rope.scaling.original_context_length"), metadata.integer(own("context_length"))),
                metadata.number(own("rope.scaling.yarn_beta_fast"), RopeScaling.Yarn.BETA_FAST),
                metadata.number(own("rope.scaling.yarn_beta_slow"), RopeScaling.Yarn.BETA_SLOW), true, magnitude);
    }

    private TokenizerSource tokenizer(Configuration configuration) {
        return new GgufTokenizer(path, metadata).source(configuration.dVocab());
    }
}
