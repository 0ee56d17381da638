package org.tornadolens.architecture;

import static org.tornadolens.architecture.HookPoint.RESID_MID;
import static org.tornadolens.architecture.HookPoint.RESID_POST;
import static org.tornadolens.architecture.HookPoint.RESID_PRE;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.program.Value;

/** Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024), and models of the same architecture. */
final class Llama implements Family {

    @Override public String name() { return "llama"; }

    @Override public String className() { return "LlamaForCausalLM"; }

    @Override public String gguf() { return "llama"; }

    @Override public boolean interleavedInGguf() { return true; }

    @Override public Defaults defaults() {
        return new Defaults(2048, OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(1), OptionalInt.of(2));
    }

    @Override public Variant huggingFace(Settings config) {
        boolean windowed = config.flag("use_sliding_window", true) && config.has("sliding_window");
        int context = config.integer("max_position_embeddings", defaults().nCtx());
        if (windowed && config.integer("sliding_window") < context) {
            throw config.problem("sliding_window",
                    "is " + config.integer("sliding_window") + "; a Llama has no sliding-window attention");
        }
        boolean attention = config.flag("attention_bias", false);
        return Variant.PLAIN.withAttentionBias(attention, attention).withMlpBias(config.flag("mlp_bias", false));
    }

    @Override public Map<String, Object> huggingFace(Variant variant) {
        return Map.of("attention_bias", variant.outputBias(), "mlp_bias", variant.mlpBias());
    }

    /** GGUF metadata do not mention biases; they are recognised by their tensors. */
    @Override public Optional<Variant> gguf(Settings metadata) {
        Variant variant = Variant.PLAIN
                .withAttentionBias(has(ParameterSpec.B_Q, metadata), has(ParameterSpec.B_O, metadata))
                .withMlpBias(has(ParameterSpec.B_GATE, metadata));
        return Optional.of(variant);
    }

    private static boolean has(ParameterSpec bias, Settings metadata) {
        return metadata.holds(bias.name(FileFormat.GGUF, 0).orElseThrow());
    }

    @Override public Value forward(Block block, Value residual) {
        Value pre = block.copy(residual, RESID_PRE);
        Block.Heads heads = block.rotated(block.projected(pre));   // q [batch, pos, head, dHead], k and v with kvHead
        Value z = block.attended(heads);                           // [batch, pos, head, dHead]
        Value mid = block.sum(block.output(z), pre, RESID_MID);    // [batch, pos, dModel]
        return block.sum(block.mlp(mid), mid, RESID_POST);
    }
}
