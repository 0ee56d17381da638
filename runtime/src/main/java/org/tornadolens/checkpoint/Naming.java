package org.tornadolens.checkpoint;

import java.util.Map;
import java.util.regex.Pattern;
import org.tornadolens.tensor.RowOrder;

/**
 * What a format calls the parameters of {@link org.tornadolens.model.LlamaParameters}, and how it orders the rows of
 * queries and keys.
 *
 * @param block       what stands before a block's number
 * @param names       the format's name of each canonical one, those of a block without their "blocks.N."
 * @param ignored     tensors that may be there and change nothing
 * @param interleaved rotary pairs are (2i, 2i + 1) within a head, as Meta's, rather than (i, i + dHead/2), as Hugging Face's
 */
record Naming(String block, Map<String, String> names, Pattern ignored, boolean interleaved) {

    static final Naming HUGGING_FACE = new Naming("model.layers.", Map.ofEntries(
            Map.entry("embed.W_E", "model.embed_tokens.weight"),
            Map.entry("ln1.w", "input_layernorm.weight"),
            Map.entry("attn.W_Q", "self_attn.q_proj.weight"),
            Map.entry("attn.W_K", "self_attn.k_proj.weight"),
            Map.entry("attn.W_V", "self_attn.v_proj.weight"),
            Map.entry("attn.W_O", "self_attn.o_proj.weight"),
            Map.entry("ln2.w", "post_attention_layernorm.weight"),
            Map.entry("mlp.W_gate", "mlp.gate_proj.weight"),
            Map.entry("mlp.W_up", "mlp.up_proj.weight"),
            Map.entry("mlp.W_down", "mlp.down_proj.weight"),
            Map.entry("ln_final.w", "model.norm.weight"),
            Map.entry("unembed.W_U", "lm_head.weight")),
            Pattern.compile(".*rotary_emb\\.inv_freq"), false);

    static final Naming META = new Naming("layers.", Map.ofEntries(
            Map.entry("embed.W_E", "tok_embeddings.weight"),
            Map.entry("ln1.w", "attention_norm.weight"),
            Map.entry("attn.W_Q", "attention.wq.weight"),
            Map.entry("attn.W_K", "attention.wk.weight"),
            Map.entry("attn.W_V", "attention.wv.weight"),
            Map.entry("attn.W_O", "attention.wo.weight"),
            Map.entry("ln2.w", "ffn_norm.weight"),
            Map.entry("mlp.W_gate", "feed_forward.w1.weight"),
            Map.entry("mlp.W_up", "feed_forward.w3.weight"),
            Map.entry("mlp.W_down", "feed_forward.w2.weight"),
            Map.entry("ln_final.w", "norm.weight"),
            Map.entry("unembed.W_U", "output.weight")),
            Pattern.compile("rope\\.freqs|.*\\.inner_attention\\.rope\\.freqs"), true);

    static final Naming GGUF = new Naming("blk.", Map.ofEntries(
            Map.entry("embed.W_E", "token_embd.weight"),
            Map.entry("ln1.w", "attn_norm.weight"),
            Map.entry("attn.W_Q", "attn_q.weight"),
            Map.entry("attn.W_K", "attn_k.weight"),
            Map.entry("attn.W_V", "attn_v.weight"),
            Map.entry("attn.W_O", "attn_output.weight"),
            Map.entry("ln2.w", "ffn_norm.weight"),
            Map.entry("mlp.W_gate", "ffn_gate.weight"),
            Map.entry("mlp.W_up", "ffn_up.weight"),
            Map.entry("mlp.W_down", "ffn_down.weight"),
            Map.entry("ln_final.w", "output_norm.weight"),
            Map.entry("unembed.W_U", "output.weight")),
            Pattern.compile("rope_freqs\\.weight|blk\\.\\d+\\.attn_rot_embd"), true);

    /** The format's name of a canonical parameter. */
    String of(String canonical) {
        if (!canonical.startsWith("blocks.")) return names.get(canonical);
        int end = canonical.indexOf('.', "blocks.".length());
        return block + canonical.substring("blocks.".length(), end + 1) + names.get(canonical.substring(end + 1));
    }

    /** Where a parameter's canonical rows lie in a file of this format. */
    RowOrder order(String canonical, int dHead) {
        boolean rotated = canonical.endsWith(".attn.W_Q") || canonical.endsWith(".attn.W_K");
        return interleaved && rotated ? new RowOrder.Interleaved(dHead) : RowOrder.IDENTITY;
    }
}
