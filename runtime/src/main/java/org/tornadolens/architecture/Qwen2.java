package org.tornadolens.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.architecture.Variant.Window;
import org.tornadolens.program.Value;

/** Qwen2 and Qwen2.5 (Yang et al. 2024): a Llama with biases of queries, keys and values. */
final class Qwen2 implements Family {

    private static final Variant BIASED = Variant.PLAIN.withAttentionBias(true, false);
    private static final int DEFAULT_WINDOW = 4096, DEFAULT_WINDOW_LAYERS = 28;
    private static final String SLIDING = "sliding_attention";

    @Override public String name() { return "qwen2"; }

    @Override public String className() { return "Qwen2ForCausalLM"; }

    @Override public String gguf() { return "qwen2"; }

    @Override public boolean interleavedInGguf() { return false; }

    @Override public Defaults defaults() {
        return new Defaults(32_768, OptionalInt.of(32), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
    }

    @Override public Variant huggingFace(Settings config) { return BIASED.withWindow(window(config)); }

    @Override public Map<String, Object> huggingFace(Variant variant) { return windowKeys(variant); }

    @Override public Optional<Variant> gguf(Settings metadata) {
        refuseWindow(metadata);
        return Optional.of(BIASED);
    }

    /** The blocks are Llama's; the variant holds the biases. */
    @Override public Value forward(Block block, Value residual) {
        return Families.LLAMA.forward(block, residual);
    }

    // ---- the window of the later layers, which Qwen2 and Qwen3 configure in the same way

    /** Reads the window, which {@code use_sliding_window} enables from layer {@code max_window_layers} on. */
    static Optional<Window> window(Settings config) {
        if (!config.flag("use_sliding_window", false)) return Optional.empty();
        int first = config.integer("max_window_layers", DEFAULT_WINDOW_LAYERS);
        if (config.has("layer_types")) {
            List<String> types = config.texts("layer_types");
            first = types.contains(SLIDING) ? types.indexOf(SLIDING) : types.size();
            if (!types.subList(first, types.size()).stream().allMatch(SLIDING::equals)) {
                throw config.problem("layer_types",
                        "is " + types + "; a sliding window is supported from one layer on to the last");
            }
        }
        return Optional.of(new Window(config.integer("sliding_window", DEFAULT_WINDOW), first));
    }

    static Map<String, Object> windowKeys(Variant variant) {
        return variant.window().<Map<String, Object>>map(window -> Map.of("use_sliding_window", true,
                "sliding_window", window.size(), "max_window_layers", window.firstLayer()))
                .orElseGet(() -> Map.of("use_sliding_window", false));
    }

    /** Rejects a window, since GGUF files do not say to which layers it applies. */
    static void refuseWindow(Settings metadata) {
        int window = metadata.integer("attention.sliding_window", 0);
        if (window != 0)
            throw metadata.problem("attention.sliding_window",
                    "is " + window + ", which is supported in Hugging Face folders only");
    }
}
