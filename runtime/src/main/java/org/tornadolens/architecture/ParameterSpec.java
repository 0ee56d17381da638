package org.tornadolens.architecture;

import static org.tornadolens.architecture.AxisKind.D_HEAD;
import static org.tornadolens.architecture.AxisKind.D_MLP;
import static org.tornadolens.architecture.AxisKind.D_MODEL;
import static org.tornadolens.architecture.AxisKind.D_VOCAB;
import static org.tornadolens.architecture.AxisKind.HEAD;
import static org.tornadolens.architecture.AxisKind.KV_HEAD;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tornadolens.program.Parameter;

/**
 * The parameters that a model can have, in the order of data flow. This table is the single definition of each: its
 * names, shape and initial values.
 */
public enum ParameterSpec {
    EMBEDDING("embed.W_E", "W_E", Layout.table(D_VOCAB, D_MODEL), Start.MATRIX,
            new Names("model.embed_tokens.weight", "tok_embeddings.weight", "token_embd.weight")),

    NORM_1("ln1.w", "norm1", Layout.vector(D_MODEL), Start.ONES,
            new Names("input_layernorm.weight", "attention_norm.weight", "attn_norm.weight")),
    W_Q("attn.W_Q", "W_Q", Layout.toHeads(HEAD), Start.MATRIX,
            new Names("self_attn.q_proj.weight", "attention.wq.weight", "attn_q.weight")),
    B_Q("attn.b_Q", "b_Q", Layout.vector(HEAD, D_HEAD), Start.ZEROS,
            new Names("self_attn.q_proj.bias", null, "attn_q.bias")),
    W_K("attn.W_K", "W_K", Layout.toHeads(KV_HEAD), Start.MATRIX,
            new Names("self_attn.k_proj.weight", "attention.wk.weight", "attn_k.weight")),
    B_K("attn.b_K", "b_K", Layout.vector(KV_HEAD, D_HEAD), Start.ZEROS,
            new Names("self_attn.k_proj.bias", null, "attn_k.bias")),
    W_V("attn.W_V", "W_V", Layout.toHeads(KV_HEAD), Start.MATRIX,
            new Names("self_attn.v_proj.weight", "attention.wv.weight", "attn_v.weight")),
    B_V("attn.b_V", "b_V", Layout.vector(KV_HEAD, D_HEAD), Start.ZEROS,
            new Names("self_attn.v_proj.bias", null, "attn_v.bias")),
    NORM_Q("attn.q_norm.w", "normQ", Layout.vector(D_HEAD), Start.ONES,
            new Names("self_attn.q_norm.weight", null, "attn_q_norm.weight")),
    NORM_K("attn.k_norm.w", "normK", Layout.vector(D_HEAD), Start.ONES,
            new Names("self_attn.k_norm.weight", null, "attn_k_norm.weight")),
    W_O("attn.W_O", "W_O", Layout.fromHeads(), Start.OUTPUT,
            new Names("self_attn.o_proj.weight", "attention.wo.weight", "attn_output.weight")),
    B_O("attn.b_O", "b_O", Layout.vector(D_MODEL), Start.ZEROS,
            new Names("self_attn.o_proj.bias", null, "attn_output.bias")),

    NORM_2("ln2.w", "norm2", Layout.vector(D_MODEL), Start.ONES,
            new Names("post_attention_layernorm.weight", "ffn_norm.weight", "ffn_norm.weight")),
    W_GATE("mlp.W_gate", "W_gate", Layout.linear(D_MODEL, D_MLP), Start.MATRIX,
            new Names("mlp.gate_proj.weight", "feed_forward.w1.weight", "ffn_gate.weight")),
    B_GATE("mlp.b_gate", "b_gate", Layout.vector(D_MLP), Start.ZEROS,
            new Names("mlp.gate_proj.bias", null, "ffn_gate.bias")),
    W_UP("mlp.W_up", "W_up", Layout.linear(D_MODEL, D_MLP), Start.MATRIX,
            new Names("mlp.up_proj.weight", "feed_forward.w3.weight", "ffn_up.weight")),
    B_UP("mlp.b_up", "b_up", Layout.vector(D_MLP), Start.ZEROS, new Names("mlp.up_proj.bias", null, "ffn_up.bias")),
    W_DOWN("mlp.W_down", "W_down", Layout.linear(D_MLP, D_MODEL), Start.OUTPUT,
            new Names("mlp.down_proj.weight", "feed_forward.w2.weight", "ffn_down.weight")),
    B_DOWN("mlp.b_down", "b_down", Layout.vector(D_MODEL), Start.ZEROS,
            new Names("mlp.down_proj.bias", null, "ffn_down.bias")),

    NORM_FINAL("ln_final.w", "normFinal", Layout.vector(D_MODEL), Start.ONES,
            new Names("model.norm.weight", "norm.weight", "output_norm.weight")),
    UNEMBEDDING("unembed.W_U", "W_U", Layout.linear(D_MODEL, D_VOCAB), Start.MATRIX,
            new Names("lm_head.weight", "output.weight", "output.weight"));

    /** The initial values of a parameter in training. */
    public enum Start {
        ONES, ZEROS,
        /** Normally distributed. */
        MATRIX,
        /** As {@link #MATRIX}, divided by √(2 · layers), for writes to the residual stream (Radford et al. 2019). */
        OUTPUT
    }

    /**
     * The axes of a parameter in memory, and in papers and scripts.
     *
     * @param rows    axes of the stored rows, the outputs of a linear layer
     * @param columns axes of the stored columns, the inputs of a linear layer
     * @param view    the axes where activations multiply from the left: {@code q = x · W_Q}
     */
    public record Layout(List<AxisKind> rows, List<AxisKind> columns, List<AxisKind> view) {
        private static Layout linear(AxisKind in, AxisKind out) {
            return new Layout(List.of(out), List.of(in), List.of(in, out));
        }

        private static Layout toHeads(AxisKind heads) {
            return new Layout(List.of(heads, D_HEAD), List.of(D_MODEL), List.of(heads, D_MODEL, D_HEAD));
        }

        private static Layout fromHeads() {
            return new Layout(List.of(D_MODEL), List.of(HEAD, D_HEAD), List.of(HEAD, D_HEAD, D_MODEL));
        }

        private static Layout table(AxisKind entries, AxisKind width) {
            return new Layout(List.of(entries), List.of(width), List.of(entries, width));
        }

        private static Layout vector(AxisKind... axes) { return new Layout(List.of(), List.of(axes), List.of(axes)); }
    }

    /**
     * The names in file formats, without the prefix of the block; null if a format cannot hold the parameter.
     */
    private record Names(String huggingFace, String meta, String gguf) {}

    private final String name;
    private final String script;
    private final Layout layout;
    private final Start start;
    private final Names names;

    ParameterSpec(String name, String script, Layout layout, Start start, Names names) {
        this.name = name;
        this.script = script;
        this.layout = layout;
        this.start = start;
        this.names = names;
    }

    /** Returns the name in scripts, the same in every layer. */
    public String script() { return script; }

    public Layout layout() { return layout; }

    public Start start() { return start; }

    /** Returns whether every block has this parameter. */
    public boolean ofBlock() {
        return this != EMBEDDING && this != NORM_FINAL && this != UNEMBEDDING;
    }

    /** Returns whether this is a norm gain or a bias: these stay f32 in conversions, and have no weight decay. */
    public boolean vector() {
        return layout.rows().isEmpty();
    }

    /** Returns the axis of heads; absent if there is none. */
    public Optional<AxisKind> headAxis() {
        return layout.view().stream().filter(axis -> axis == HEAD || axis == KV_HEAD).findFirst();
    }

    /**
     * Returns whether the rows of a head are rotary pairs, which formats order differently; in canonical order,
     * coordinates i and i + dHead/2 form a pair.
     */
    public boolean rotated() { return this == W_Q || this == W_K || this == B_Q || this == B_K; }

    /** Returns the canonical name: {@code blocks.3.attn.W_Q}. */
    public String name(int layer) {
        return ofBlock() ? Hook.BLOCKS + layer + "." + name : name;
    }

    /** Returns the name in a file of this format; absent if the format cannot hold the parameter. */
    public Optional<String> name(FileFormat format, int layer) {
        String text = switch (format) {
            case HUGGING_FACE -> names.huggingFace();
            case META -> names.meta();
            case GGUF -> names.gguf();
        };
        return Optional.ofNullable(text).map(own -> ofBlock() ? format.block() + layer + "." + own : own);
    }

    /** Returns the parameter that has this name in a file of this format, in any layer. */
    public static Optional<ParameterSpec> of(FileFormat format, String name) {
        int end = name.startsWith(format.block()) ? name.indexOf('.', format.block().length()) : -1;
        String first = end < 0 ? name : format.block() + "0" + name.substring(end);
        return Arrays.stream(values()).filter(spec -> spec.ofBlock() == end >= 0)
                .filter(spec -> spec.name(format, 0).equals(Optional.of(first))).findFirst();
    }

    /** Returns the parameter of a layer, [rows, columns]; the layer is ignored if the parameter belongs to none. */
    public Parameter of(Configuration c, int layer) {
        return new Parameter(name(layer), product(layout.rows(), c), product(layout.columns(), c));
    }

    private static int product(List<AxisKind> axes, Configuration c) {
        return axes.stream().mapToInt(axis -> axis.size(c)).reduce(1, Math::multiplyExact);
    }

    /** Returns the parameter with this name in scripts. */
    public static Optional<ParameterSpec> named(String script) {
        return Arrays.stream(values()).filter(spec -> spec.script.equals(script)).findFirst();
    }

    /** Returns whether models of this configuration have this parameter. */
    public boolean in(Configuration c) {
        Variant variant = c.variant();
        return switch (this) {
            case EMBEDDING, NORM_1, W_Q, W_K, W_V, W_O, NORM_2, W_GATE, W_UP, W_DOWN, NORM_FINAL -> true;
            case UNEMBEDDING -> !c.tied();
            case B_Q, B_K, B_V -> variant.qkvBias();
            case B_O -> variant.outputBias();
            case B_GATE, B_UP, B_DOWN -> variant.mlpBias();
            case NORM_Q, NORM_K -> variant.qkNorm();
        };
    }
}
