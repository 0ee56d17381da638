package org.tornadolens.architecture;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.program.Value;

/**
 * A family of models: how it is described in files, and its forward pass in the order of data flow. {@link Families}
 * lists the supported ones.
 */
public interface Family {

    /** Returns the {@code model_type} in Hugging Face's config.json. */
    String name();

    /** Returns the class in {@code architectures} of config.json. */
    String className();

    /** Returns the {@code general.architecture} of GGUF files, which several families may share. */
    String gguf();

    /**
     * Returns whether GGUF files store rotary pairs as (2i, 2i + 1) within a head, as Meta's do, rather than as
     * (i, i + dHead/2).
     */
    boolean interleavedInGguf();

    /** Returns the values of transformers for keys that config.json omits. */
    Defaults defaults();

    /**
     * Default values of keys in config.json.
     *
     * @param nCtx     {@code max_position_embeddings}
     * @param nKvHeads {@code num_key_value_heads}; absent: the number of query heads
     * @param dHead    {@code head_dim}; absent: the width divided by the number of query heads
     * @param bos      {@code bos_token_id}
     * @param eos      {@code eos_token_id}
     */
    record Defaults(int nCtx, OptionalInt nKvHeads, OptionalInt dHead, OptionalInt bos, OptionalInt eos) {}

    /** Reads the variant from config.json; rejects settings that this family's forward pass does not implement. */
    Variant huggingFace(Settings config);

    /** Returns the family-specific keys of config.json for a variant, with their values. */
    Map<String, Object> huggingFace(Variant variant);

    /**
     * Reads the variant from GGUF metadata, whose keys come without the architecture's name; absent if the model is one
     * of another family with the same architecture name.
     */
    Optional<Variant> gguf(Settings metadata);

    /**
     * Builds one block of the forward pass.
     *
     * @param block    the steps that blocks are composed of
     * @param residual the residual stream before it, [batch, pos, dModel]
     * @return the residual stream after it
     */
    Value forward(Block block, Value residual);
}
