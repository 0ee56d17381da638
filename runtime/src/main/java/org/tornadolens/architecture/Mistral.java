package org.tornadolens.architecture;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.architecture.Variant.Window;
import org.tornadolens.program.Value;

/**
 * Mistral 7B and Nemo (Jiang et al. 2023): a Llama with an independent head size, and optionally with sliding-window
 * attention.
 */
final class Mistral implements Family {

    private static final int DEFAULT_WINDOW = 4096;

    @Override public String name() { return "mistral"; }

    @Override public String className() { return "MistralForCausalLM"; }

    @Override public String gguf() { return "llama"; }

    @Override public boolean interleavedInGguf() { return true; }

    @Override public Defaults defaults() {
        return new Defaults(131_072, OptionalInt.of(8), OptionalInt.empty(), OptionalInt.of(1), OptionalInt.of(2));
    }

    /** A {@code sliding_window} of null means that there is none. */
    @Override public Variant huggingFace(Settings config) {
        boolean none = config.mentions("sliding_window") && !config.has("sliding_window");
        return Variant.PLAIN.withWindow(
                none ? Optional.empty()
                        : Optional.of(Window.everywhere(config.integer("sliding_window", DEFAULT_WINDOW))));
    }

    @Override public Map<String, Object> huggingFace(Variant variant) {
        return variant.window().<Map<String, Object>>map(window -> Map.of("sliding_window", window.size()))
                .orElseGet(() -> Settings.nulls("sliding_window"));
    }

    /** Files have Llama's architecture name; a window distinguishes them. */
    @Override public Optional<Variant> gguf(Settings metadata) {
        int window = metadata.integer("attention.sliding_window", 0);
        return window == 0 ? Optional.empty()
                : Optional.of(Variant.PLAIN.withWindow(Optional.of(Window.everywhere(window))));
    }

    /** The blocks are Llama's; the variant holds the window. */
    @Override public Value forward(Block block, Value residual) {
        return Families.LLAMA.forward(block, residual);
    }
}
