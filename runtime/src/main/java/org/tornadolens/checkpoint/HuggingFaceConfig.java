package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Families;
import org.tornadolens.architecture.Family;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.architecture.Variant;

/** Reads the part of Hugging Face's config.json that all families share; absent keys have transformers' defaults. */
final class HuggingFaceConfig {

    private static final String EOS = "eos_token_id";

    private final Json json;

    private HuggingFaceConfig(Json json) { this.json = json; }

    static Configuration read(Path file) {
        HuggingFaceConfig config = new HuggingFaceConfig(Json.read(file));
        Family family = config.family();
        config.refuseUnsupported();
        return config.configuration(family, family.huggingFace(config.json));
    }

    private Configuration configuration(Family family, Variant variant) {
        Family.Defaults defaults = family.defaults();
        int dModel = json.integer("hidden_size");
        int nHeads = json.integer("num_attention_heads");
        if (nHeads <= 0) throw json.problem("num_attention_heads", "is " + nHeads + "; it must be positive");
        if (!json.has("head_dim") && defaults.dHead().isEmpty() && dModel % nHeads != 0) {
            throw json.problem("hidden_size",
                    dModel + " is not a multiple of num_attention_heads " + nHeads + ", and there is no head_dim");
        }
        try {
            return new Configuration(family,
                    new Configuration.Blocks(json.integer("num_hidden_layers"), dModel,
                            json.integer("intermediate_size"), json.number("rms_norm_eps", 1e-6)),
                    new Configuration.Heads(nHeads, kvHeads(nHeads, defaults),
                            json.integer("head_dim", defaults.dHead().orElse(dModel / nHeads))),
                    context(json.integer("max_position_embeddings", defaults.nCtx())),
                    new Configuration.Vocabulary(json.integer("vocab_size"), json.flag("tie_word_embeddings", false),
                            special("bos_token_id", defaults.bos()), eos(defaults.eos())),
                    variant);
        } catch (UsageException e) {
            throw new CheckpointException(json.file(), e.getMessage());
        }
    }

    /** An explicit null means as many as there are query heads. */
    private int kvHeads(int nHeads, Family.Defaults defaults) {
        return json.integer("num_key_value_heads",
                json.mentions("num_key_value_heads") ? nHeads : defaults.nKvHeads().orElse(nHeads));
    }

    private Family family() {
        String type = json.text("model_type");
        Family family = Families.named(type).orElseThrow(() -> json.problem("model_type",
                "is \"" + type + "\", which is not supported; " + Families.names() + " are"));
        for (String key : List.of("quantization_config", "quantization")) {   // the second is MLX's
            if (!json.has(key)) continue;
            String method = json.isObject(key) ? json.object(key).orElseThrow().text("quant_method", "") : "";
            if (method.equals("gguf")) continue;   // transformers opened a GGUF file, and saved what it dequantised
            throw json.problem(key,
                    "is not supported" + (method.isEmpty() ? "" : " (" + method + ")") + "; " + Foreign.UNQUANTISED);
        }
        return family;
    }

    /** Rejects settings that would change the numbers. */
    private void refuseUnsupported() {
        if (json.has("hidden_act") && !json.text("hidden_act").equals("silu")) {
            throw json.problem("hidden_act", "is \"" + json.text("hidden_act") + "\"; only \"silu\" is supported");
        }
        for (Json place : List.of(json, rope().orElse(json))) {
            if (place.number("partial_rotary_factor", 1) != 1) {
                throw place.problem("partial_rotary_factor", "is not 1; rotating a part of a head is not supported");
            }
        }
    }

    private double ropeTheta() {
        return rope().filter(rope -> rope.has("rope_theta")).orElse(json).number("rope_theta", 10_000);
    }

    /** Returns the object that describes rotary embeddings; of two, transformers takes the one with the older name. */
    private Optional<Json> rope() {
        return json.object("rope_scaling").filter(rope -> !rope.names().isEmpty())
                .or(() -> json.object("rope_parameters"));
    }

    private Configuration.Context context(int positions) {
        RopeScaling scaling = rope().map(rope -> ropeScaling(rope, positions)).orElse(RopeScaling.NONE);
        // for dynamic scaling, max_position_embeddings is the unscaled length
        int longest = scaling instanceof RopeScaling.Dynamic dynamic
                ? (int) Math.min(positions * Math.max(1, dynamic.factor()), Integer.MAX_VALUE) : positions;
        return new Configuration.Context(longest, ropeTheta(), scaling);
    }

    /** @param positions {@code max_position_embeddings} */
    private RopeScaling ropeScaling(Json rope, int positions) {
        String key = rope.has("rope_type") ? "rope_type" : "type";
        if (!rope.has(key) && rope.has("rope_theta")) return RopeScaling.NONE;
        return switch (rope.text(key)) {
            case "default" -> RopeScaling.NONE;
            case "linear" -> new RopeScaling.Linear(rope.number("factor"));
            case "llama3" -> new RopeScaling.Llama3(rope.number("factor"), rope.number("low_freq_factor"),
                    rope.number("high_freq_factor"), rope.integer("original_max_position_embeddings"));
            case "yarn" -> yarn(rope, positions);
            case "dynamic" -> new RopeScaling.Dynamic(rope.number("factor"), positions);
            case String other -> throw rope.problem(key,
                    "is \"" + other + "\"; only default, linear, dynamic, yarn and llama3 are supported");
        };
    }

    private RopeScaling yarn(Json rope, int positions) {
        double factor = rope.number("factor");
        int original = json.integer("original_max_position_embeddings",
                rope.integer("original_max_position_embeddings", positions));
        OptionalDouble magnitude = OptionalDouble.empty();
        if (rope.has("attention_factor")) {
            magnitude = OptionalDouble.of(rope.number("attention_factor"));
        } else if (rope.number("mscale", 0) != 0 && rope.number("mscale_all_dim", 0) != 0) {
            magnitude = OptionalDouble.of(RopeScaling.Yarn.magnitude(factor, rope.number("mscale"))
                    / RopeScaling.Yarn.magnitude(factor, rope.number("mscale_all_dim")));
        }
        return new RopeScaling.Yarn(factor, original, rope.number("beta_fast", RopeScaling.Yarn.BETA_FAST),
                rope.number("beta_slow", RopeScaling.Yarn.BETA_SLOW), rope.flag("truncate", true), magnitude);
    }

    /** Reads the tokens that end generation: generation_config.json comes first, as in transformers. */
    private List<Integer> eos(OptionalInt otherwise) {
        Path generation = json.file().resolveSibling("generation_config.json");
        Json place = Files.isRegularFile(generation) ? Json.read(generation) : json;
        if (!place.values().containsKey(EOS)) place = json;
        if (!(place.values().get(EOS) instanceof List<?> several))
            return (place.values().containsKey(EOS) ? place.optionalInteger(EOS) : otherwise).stream().boxed().toList();
        List<Integer> ids = new ArrayList<>();
        for (Object each : several) {
            if (!(each instanceof Long id) || id != id.intValue())
                throw place.problem(EOS, "holds " + each + ", which is no id");
            ids.add(id.intValue());
        }
        return ids;
    }

    /** Reads a special token: absent means the family's default, null means none, and the first of a list counts. */
    private OptionalInt special(String name, OptionalInt otherwise) {
        if (!json.values().containsKey(name)) return otherwise;
        if (!(json.values().get(name) instanceof List<?> several)) return json.optionalInteger(name);
        return !several.isEmpty() && several.getFirst() instanceof Long id && id == id.intValue()
                ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
    }
}
