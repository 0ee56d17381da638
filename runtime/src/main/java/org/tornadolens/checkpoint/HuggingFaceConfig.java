package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.RopeScaling;

/** Hugging Face's config.json of a LlamaForCausalLM. What it may leave out takes LlamaConfig's defaults. */
final class HuggingFaceConfig {

    private final Json json;

    private HuggingFaceConfig(Json json) { this.json = json; }

    static Configuration read(Path file) {
        HuggingFaceConfig config = new HuggingFaceConfig(Json.read(file));
        config.refuseOtherArchitectures();
        config.refuseWhatWouldChangeNumbers();
        return config.configuration();
    }

    private Configuration configuration() {
        int dModel = json.integer("hidden_size");
        int nHeads = json.integer("num_attention_heads");
        if (nHeads <= 0) throw json.problem("num_attention_heads", "is " + nHeads + "; it must be positive");
        if (!json.has("head_dim") && dModel % nHeads != 0) {
            throw json.problem("hidden_size", dModel + " is not a multiple of num_attention_heads " + nHeads + ", and there is no head_dim");
        }
        try {
            return new Configuration(json.integer("num_hidden_layers"), nHeads, json.integer("num_key_value_heads", nHeads),
                    dModel, json.integer("head_dim", dModel / nHeads), json.integer("intermediate_size"),
                    json.integer("vocab_size"), json.integer("max_position_embeddings", 2048),
                    ropeTheta(), ropeScaling(), json.number("rms_norm_eps", 1e-6),
                    json.flag("tie_word_embeddings", false), special("bos_token_id", 1), special("eos_token_id", 2));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(json.file(), e.getMessage());
        }
    }

    private void refuseOtherArchitectures() {
        String type = json.text("model_type");
        if (!type.equals("llama")) throw json.problem("model_type", "is \"" + type + "\"; only \"llama\" is supported");
        if (json.values().get("architectures") instanceof List<?> names && !names.contains("LlamaForCausalLM")) {
            throw json.problem("architectures", "is " + names + "; only LlamaForCausalLM is supported");
        }
        if (json.has("quantization_config")) {
            throw json.problem("quantization_config", "is not supported; use the unquantised checkpoint, or a GGUF of it");
        }
    }

    private void refuseWhatWouldChangeNumbers() {
        if (json.has("hidden_act") && !json.text("hidden_act").equals("silu")) {
            throw json.problem("hidden_act", "is \"" + json.text("hidden_act") + "\"; only \"silu\" is supported");
        }
        for (String bias : List.of("attention_bias", "mlp_bias")) {
            if (json.flag(bias, false)) throw json.problem(bias, "is true; linear layers with a bias are not supported");
        }
        boolean windowed = json.flag("use_sliding_window", true) && json.has("sliding_window");
        if (windowed && json.integer("sliding_window") < json.integer("max_position_embeddings", 2048)) {
            throw json.problem("sliding_window", "is " + json.integer("sliding_window") + "; attention over a window is not supported");
        }
        for (Json place : List.of(json, json.object("rope_parameters").orElse(json))) {
            if (place.number("partial_rotary_factor", 1) != 1) {
                throw place.problem("partial_rotary_factor", "is not 1; rotating a part of a head is not supported");
            }
        }
    }

    private double ropeTheta() {
        return json.object("rope_parameters").filter(rope -> rope.has("rope_theta")).orElse(json).number("rope_theta", 10_000);
    }

    private RopeScaling ropeScaling() {
        return json.object("rope_parameters").or(() -> json.object("rope_scaling")).map(this::ropeScaling).orElse(RopeScaling.NONE);
    }

    private RopeScaling ropeScaling(Json rope) {
        String key = rope.has("rope_type") ? "rope_type" : "type";
        if (!rope.has(key) && rope.has("rope_theta")) return RopeScaling.NONE;
        return switch (rope.text(key)) {
            case "default" -> RopeScaling.NONE;
            case "linear" -> new RopeScaling.Linear(rope.number("factor"));
            case "llama3" -> new RopeScaling.Llama3(rope.number("factor"), rope.number("low_freq_factor"),
                    rope.number("high_freq_factor"), rope.integer("original_max_position_embeddings"));
            case String other -> throw rope.problem(key, "is \"" + other + "\"; only default, linear and llama3 are supported");
        };
    }

    /** A special token: absent means LlamaConfig's own, null means none, and of several the first counts. */
    private OptionalInt special(String name, int otherwise) {
        if (!json.values().containsKey(name)) return OptionalInt.of(otherwise);
        if (!(json.values().get(name) instanceof List<?> several)) return json.optionalInteger(name);
        return !several.isEmpty() && several.getFirst() instanceof Long id && id == id.intValue() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
    }
}
