package org.tornadolens.dsl.script;

import org.graalvm.polyglot.HostAccess;
import org.tornadolens.UsageException;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/** Behind {@code weights.js}: a model's matrices as tensors. */
public final class WeightExports {

    /** @param layer ignored where the matrix belongs to no layer */
    @HostAccess.Export
    public Tensor matrix(Model model, String name, int layer) {
        Matrices matrices = new Matrices(model.configuration(), model.weights());
        return switch (name) {
            case "W_E" -> matrices.embedding();
            case "W_U" -> matrices.unembedding();
            case "W_Q" -> matrices.query(layer(model, layer));
            case "W_K" -> matrices.key(layer(model, layer));
            case "W_V" -> matrices.value(layer(model, layer));
            case "W_O" -> matrices.output(layer(model, layer));
            case "W_gate" -> matrices.gate(layer(model, layer));
            case "W_up" -> matrices.up(layer(model, layer));
            case "W_down" -> matrices.down(layer(model, layer));
            case "norm1" -> matrices.attentionNorm(layer(model, layer));
            case "norm2" -> matrices.mlpNorm(layer(model, layer));
            case "normFinal" -> matrices.finalNorm();
            default -> throw new IllegalStateException(name);
        };
    }

    /** One query head's own matrix; of keys and values its group's. */
    @HostAccess.Export
    public Tensor head(Model model, String name, int layer, int head) {
        Configuration c = model.configuration();
        if (head < 0 || head >= c.nHeads()) throw new UsageException("no head " + layer + "." + head + ": this model has heads 0 to " + (c.nHeads() - 1));
        Tensor all = matrix(model, name, layer);
        return all.shape().indexOf("kvHead") >= 0 ? all.at("kvHead", head / c.headsPerKv()) : all.at("head", head);
    }

    private static int layer(Model model, int layer) {
        int layers = model.configuration().nLayers();
        if (layer < 0 || layer >= layers) throw new UsageException("no layer " + layer + ": this model has layers 0 to " + (layers - 1));
        return layer;
    }
}
