package org.tornadolens.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.program.Parameter;

/** The parameters of a Llama by canonical name; every checkpoint format is read into these. */
public record LlamaParameters(Configuration configuration) {

    public Parameter embedding() { return new Parameter("embed.W_E", configuration.dVocab(), configuration.dModel()); }

    public Parameter attentionNorm(int layer) { return new Parameter("blocks." + layer + ".ln1.w", 1, configuration.dModel()); }

    public Parameter query(int layer) { return new Parameter("blocks." + layer + ".attn.W_Q", configuration.nHeads() * configuration.dHead(), configuration.dModel()); }

    public Parameter key(int layer) { return new Parameter("blocks." + layer + ".attn.W_K", configuration.nKvHeads() * configuration.dHead(), configuration.dModel()); }

    public Parameter value(int layer) { return new Parameter("blocks." + layer + ".attn.W_V", configuration.nKvHeads() * configuration.dHead(), configuration.dModel()); }

    public Parameter output(int layer) { return new Parameter("blocks." + layer + ".attn.W_O", configuration.dModel(), configuration.nHeads() * configuration.dHead()); }

    public Parameter mlpNorm(int layer) { return new Parameter("blocks." + layer + ".ln2.w", 1, configuration.dModel()); }

    public Parameter gate(int layer) { return new Parameter("blocks." + layer + ".mlp.W_gate", configuration.dMlp(), configuration.dModel()); }

    public Parameter up(int layer) { return new Parameter("blocks." + layer + ".mlp.W_up", configuration.dMlp(), configuration.dModel()); }

    public Parameter down(int layer) { return new Parameter("blocks." + layer + ".mlp.W_down", configuration.dModel(), configuration.dMlp()); }

    public Parameter finalNorm() { return new Parameter("ln_final.w", 1, configuration.dModel()); }

    /** The unembedding; under tied embeddings the embedding itself. */
    public Parameter unembedding() {
        return configuration.tied() ? embedding() : new Parameter("unembed.W_U", configuration.dVocab(), configuration.dModel());
    }

    /** The parameters of one layer, in the order data flows. */
    public List<Parameter> block(int layer) {
        return List.of(attentionNorm(layer), query(layer), key(layer), value(layer), output(layer),
                mlpNorm(layer), gate(layer), up(layer), down(layer));
    }

    /** Every parameter once, in the order data flows. */
    public List<Parameter> all() {
        List<Parameter> all = new ArrayList<>();
        all.add(embedding());
        for (int layer = 0; layer < configuration.nLayers(); layer++) all.addAll(block(layer));
        all.add(finalNorm());
        if (!configuration.tied()) all.add(unembedding());
        return all;
    }
}
