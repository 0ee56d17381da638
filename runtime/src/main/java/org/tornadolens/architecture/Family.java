package org.tornadolens.architecture;
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

    /** What GGUF files call it, as {@code general.architecture}. */
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
     * @param nCtx {@code max_position_embeddings}
     * @param bos  {@code bos_token_id}
     * @param eos  {@code eos_token_id}
     */
    record Defaults(int nCtx, OptionalInt bos, OptionalInt eos) {}

    /** Refuses settings of a Hugging Face configuration that this family's forward pass does not compute. */
    void check(Settings config);

    /**
     * One block of the forward pass.
     *
     * @param block    the steps that blocks are made of
     * @param residual the residual stream before it, [batch, pos, dModel]
     * @return the residual stream after it
     */
    Value forward(Block block, Value residual);
}
