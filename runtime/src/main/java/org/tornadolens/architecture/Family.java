package org.tornadolens.architecture;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.program.Value;

/**
 * A family of models: what their files say, and the forward pass in the order data flows. {@link Families} lists those
 * that are supported.
 */
public interface Family {

    /** What Hugging Face's config.json calls it, as {@code model_type}. */
    String name();

    /** The class that config.json names in {@code architectures}. */
    String className();

    /** What GGUF files call it, as {@code general.architecture}; several families may share a name. */
    String gguf();

    /**
     * True where GGUF files store rotary pairs as (2i, 2i + 1) within a head, as Meta's do, rather than as
     * (i, i + dHead/2).
     */
    boolean interleavedInGguf();

    /** What transformers takes where config.json leaves a key out. */
    Defaults defaults();

    /**
     * The values of keys that config.json may leave out.
     *
     * @param nCtx     {@code max_position_embeddings}
     * @param nKvHeads {@code num_key_value_heads}; absent: as many as there are query heads
     * @param dHead    {@code head_dim}; absent: the width divided by the number of query heads
     * @param bos      {@code bos_token_id}
     * @param eos      {@code eos_token_id}
     */
    record Defaults(int nCtx, OptionalInt nKvHeads, OptionalInt dHead, OptionalInt bos, OptionalInt eos) {}

    /** What a Hugging Face configuration says of the variant; refuses what this family's forward pass does not compute. */
    Variant huggingFace(Settings config);

    /** The keys of a Hugging Face configuration that only this family has. */
    Map<String, Object> huggingFace(Variant variant);

    /**
     * The same of GGUF metadata, whose keys come without the architecture's name; absent where a file that has this
     * family's name holds a model of another.
     */
    Optional<Variant> gguf(Settings metadata);

    /**
     * One block of the forward pass.
     *
     * @param block    the steps that blocks are made of
     * @param residual the residual stream before it, [batch, pos, dModel]
     * @return the residual stream after it
     */
    Value forward(Block block, Value residual);
}
