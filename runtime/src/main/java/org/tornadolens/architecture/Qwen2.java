package org.tornadolens.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.architecture.Variant.Window;
import org.tornadolens.program.Value;

/** Qwen2 and Qwen2.5 (Yang et al. 2024): a Llama with biases of queries, keys and values. */
final class Qwen2 implements Family {

    @Override public String name() { return "qwen2"; }

    @Override public String className() { return "Qwen2ForCausalLM"; }

    @Override public String gguf() { return "qwen2"; }

    @Override public boolean interleavedInGguf() { return false; }

    @Override public Defaults defaults() {
        return new Defaults(32_768, OptionalInt.of(32), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
    }

    private static final Variant PLAIN = Variant.PLAIN.withAttentionBias(true, false);

    @Override public Variant huggingFace(Settings config) { return PLAIN.withWindow(window(config)); }

    @Override public Map<String, Object> huggingFace(Variant variant) { return windowKeys(variant); }

    @Override public Optional<Variant> gguf(Settings metadata) {
        refuseWindow(metadata);
        return Optional.of(PLAIN);
    }

    /** Llama's blocks; the biases are the variant's. */
    @Override public Value forward(Block block, Value residual) {
        return Families.LLAMA.forward(block, residual);
    }

    // ---- the window of the later layers, which Qwen2 and Qwen3 say alike

    private static final int WINDOW = 4096, FIRST = 28;   // where config.json leaves them out
    private static final String SLIDING = "sliding_attention";

    /** The window that {@code use_sliding_window} switches on, from layer {@code max_window_layers} on. */
    static Optional<Window> window(Settings config) {
        if (!config.flag("use_sliding_window", false)) return Optional.empty();
        int first = config.integer("max_window_layers", FIRST);
        if (config.has("layer_types")) {
            List<String> types = config.texts("layer_types");
            first = types.contains(SLIDING) ? types.indexOf(SLIDING) : types.size();
            if (!types.subList(first, types.size()).stream().allMatch(SLIDING::equals)) {
                throw config.problem("layer_types",
                        "is " + types + "; a sliding window is supported from one layer on to the last");
            }
        }
        return Optional.of(new Window(config.integer("sliding_window", WINDOW), first));
    }

    static Map<String, Object> windowKeys(Variant variant) {
        return variant.window().<Map<String, Object>>map(window -> Map.of("use_sliding_window", true,
                "sliding_window", window.size(), "max_window_layers", window.firstLayer()))
                .orElseGet(() -> Map.of("use_sliding_window", false));
    }

    /** GGUF files do not say which layers a window is for. */
    static void refuseWindow(Settings metadata) {
        int window = metadata.integer("attention.sliding_window", 0);
        if (window != 0)
            throw metadata.problem("attention.sliding_window",
                    "is " + window + ", which is supported in Hugging Face folders only");
    }
}
