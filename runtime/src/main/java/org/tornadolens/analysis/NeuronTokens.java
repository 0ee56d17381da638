package org.tornadolens.analysis;

import java.util.function.IntConsumer;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The tokens that neurons promote (Geva et al. 2022): the value vector of a neuron, its row of W_down, times the gain
 * of the final norm and the unembedding.
 *
 * @param tokens ids, [neuron, rank], most promoted first
 * @param logits contributions of one unit of activation to these logits, before the scale of the final norm; of the
 *               same shape
 */
public record NeuronTokens(Tensor tokens, Tensor logits) {

    /** @param done receives the number of completed neurons */
    public static NeuronTokens of(Model model, int layer, int[] neurons, int top, IntConsumer done) {
        Configuration c = model.configuration();
        if (layer < 0 || layer >= c.nLayers())
            throw new UsageException("no layer " + layer + ": this model has layers 0 to " + (c.nLayers() - 1));
        if (neurons.length == 0) throw new UsageException("no neurons were named");
        if (top < 1 || top > c.dVocab())
            throw new UsageException("top " + top + ": it must be from 1 to the vocabulary's " + c.dVocab());
        Tensor down = new Matrices(c, model.weights()).get(ParameterSpec.W_DOWN, layer);   // [dMlp, dModel]
        Tensor values = Tensor.zeros(Shape.of("neuron", neurons.length, "dModel", c.dModel()));
        for (int i = 0; i < neurons.length; i++) {
            if (neurons[i] < 0 || neurons[i] >= c.dMlp())
                throw new UsageException(
                        "no neuron " + neurons[i] + " in layer " + layer + ": neurons run from 0 to " + (c.dMlp() - 1));
            values.at("neuron", i).assign(down.at("dMlp", neurons[i]));
        }
        Shape shape = Shape.of("neuron", neurons.length, "rank", top);
        Tensor tokens = Tensor.zeros(shape), promoted = Tensor.zeros(shape);
        new Unembedding(model).read(values, (neuron, logits) -> {
            int[] best = Unembedding.largest(logits, top);
            for (int rank = 0; rank < top; rank++) {
                tokens.set(best[rank], neuron, rank);
                promoted.set(logits[best[rank]], neuron, rank);
            }
        }, done);
        return new NeuronTokens(tokens, promoted);
    }
}
