package org.tornadolens.architecture;

import static org.tornadolens.architecture.HookPoint.RESID_MID;
import static org.tornadolens.architecture.HookPoint.RESID_POST;
import static org.tornadolens.architecture.HookPoint.RESID_PRE;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.program.Value;

/** Qwen3, dense (Yang et al. 2025): a Llama that normalizes the queries and keys of each head before the rotation. */
final class Qwen3 implements Family {

    @Override public String name() { return "qwen3"; }

    @Override public String className() { return "Qwen3ForCausalLM"; }

    @Override public String gguf() { return "qwen3"; }

    @Override public boolean interleavedInGguf() { return false; }

    @Override public Defaults defaults() {
        return new Defaults(32_768, OptionalInt.of(32), OptionalInt.of(128), OptionalInt.empty(), OptionalInt.empty());
    }

    @Override public Variant huggingFace(Settings config) {
        boolean bias = config.flag("attention_bias", false);
        return Variant.PLAIN.withQkNorm().withAttentionBias(bias, bias).withWindow(Qwen2.window(config));
    }

    @Override public Map<String, Object> huggingFace(Variant variant) {
        Map<String, Object> keys = new HashMap<>(Qwen2.windowKeys(variant));
        keys.put("attention_bias", variant.outputBias());
        return keys;
    }

    @Override public Optional<Variant> gguf(Settings metadata) {
        Qwen2.refuseWindow(metadata);
        boolean bias = metadata.holds(ParameterSpec.B_Q.name(FileFormat.GGUF, 0).orElseThrow());
        return Optional.of(Variant.PLAIN.withQkNorm().withAttentionBias(bias, bias));
    }

    @Override public Value forward(Block block, Value residual) {
        Value pre = block.copy(residual, RESID_PRE);
        Block.Heads heads = block.normalized(block.projected(pre));   // q [batch, pos, head, dHead], k, v with kvHead
        Value z = block.attended(block.rotated(heads));               // [batch, pos, head, dHead]
        Value mid = block.sum(block.output(z), pre, RESID_MID);       // [batch, pos, dModel]
        return block.sum(block.mlp(mid), mid, RESID_POST);
    }
}
