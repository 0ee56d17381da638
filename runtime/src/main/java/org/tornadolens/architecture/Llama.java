package org.tornadolens.architecture;
import static org.tornadolens.architecture.HookPoint.RESID_MID;
import static org.tornadolens.architecture.HookPoint.RESID_POST;
import static org.tornadolens.architecture.HookPoint.RESID_PRE;

import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.program.Value;

/** Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024), and the many models built like them. */
final class Llama implements Family {

    @Override public String name() { return "llama"; }

    @Override public String className() { return "LlamaForCausalLM"; }

    @Override public String gguf() { return "llama"; }

    @Override public boolean interleavedInGguf() { return true; }

    @Override public Defaults defaults() { return new Defaults(2048, OptionalInt.of(1), OptionalInt.of(2)); }

    @Override public void check(Settings config) {
        for (String bias : List.of("attention_bias", "mlp_bias")) {
            if (config.flag(bias, false)) throw config.problem(bias, "is true; linear layers with a bias are not supported");
        }
    }

    @Override public Value forward(Block block, Value residual) {
        Value pre = block.copy(residual, RESID_PRE);
        Block.Heads heads = block.rotated(block.projected(pre));   // q [batch, pos, head, dHead], k and v with kvHead
        Value z = block.attended(heads);                           // [batch, pos, head, dHead]
        Value mid = block.sum(block.output(z), pre, RESID_MID);    // [batch, pos, dModel]
        return block.sum(block.mlp(mid), mid, RESID_POST);
    }
}
