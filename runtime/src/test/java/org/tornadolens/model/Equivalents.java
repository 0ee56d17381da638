package org.tornadolens.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** Makes models with different weights that must compute the same. */
final class Equivalents {

    private Equivalents() {}

    /** Gives every query head its own key/value head, a copy of the one that it reads. */
    static Model multiHead(Model model) {
        Configuration c = model.configuration();
        Configuration repeated = c.with(new Configuration.Heads(c.nHeads(), c.nHeads(), c.dHead()));
        Map<String, Weight> weights = all(model);
        Parameters parameters = new Parameters(c);
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (ParameterSpec bias : List.of(ParameterSpec.B_K, ParameterSpec.B_V)) {
                if (!bias.in(c)) continue;
                float[] each = rows(model, parameters.get(bias, layer))[0], more = new float[c.nHeads() * c.dHead()];
                for (int i = 0; i < more.length; i++)
                    more[i] = each[i / c.dHead() / c.headsPerKv() * c.dHead() + i % c.dHead()];
                weights.put(bias.name(layer), Weight.of(bias.name(layer), 1, more.length, more));
            }
            for (Parameter parameter : List.of(parameters.get(ParameterSpec.W_K, layer),
                    parameters.get(ParameterSpec.W_V, layer))) {
                float[][] rows = rows(model, parameter);
                float[][] more = new float[c.nHeads() * c.dHead()][];
                for (int row = 0; row < more.length; row++)
                    more[row] = rows[row / c.dHead() / c.headsPerKv() * c.dHead() + row % c.dHead()];
                weights.put(parameter.name(), weight(parameter.name(), more));
            }
        }
        return with(model, repeated, weights);
    }

    /** Folds the gains of the norms into the weights that read them; a tied unembedding becomes separate. */
    static Model folded(Model model) {
        Configuration c = model.configuration();
        Configuration separate = c.untied();
        Map<String, Weight> weights = all(model);
        Parameters p = new Parameters(c);
        for (int layer = 0; layer < c.nLayers(); layer++) {
            fold(model, weights, p.get(ParameterSpec.NORM_1, layer), List.of(p.get(ParameterSpec.W_Q, layer),
                    p.get(ParameterSpec.W_K, layer), p.get(ParameterSpec.W_V, layer)));
            fold(model, weights, p.get(ParameterSpec.NORM_2, layer),
                    List.of(p.get(ParameterSpec.W_GATE, layer), p.get(ParameterSpec.W_UP, layer)));
        }
        float[] gain = rows(model, p.get(ParameterSpec.NORM_FINAL))[0];
        String unembedding = new Parameters(separate).unembedding().name();
        weights.put(unembedding, weight(unembedding, scaled(rows(model, p.unembedding()), gain)));
        weights.put(p.get(ParameterSpec.NORM_FINAL).name(), ones(p.get(ParameterSpec.NORM_FINAL)));
        return with(model, separate, weights);
    }

    private static void fold(Model model, Map<String, Weight> weights, Parameter norm, List<Parameter> readers) {
        float[] gain = rows(model, norm)[0];
        for (Parameter reader : readers)
            weights.put(reader.name(), weight(reader.name(), scaled(rows(model, reader), gain)));
        weights.put(norm.name(), ones(norm));
    }

    private static float[][] scaled(float[][] rows, float[] gain) {
        for (float[] row : rows) for (int i = 0; i < row.length; i++) row[i] *= gain[i];
        return rows;
    }

    private static Weight ones(Parameter norm) {
        float[] ones = new float[norm.columns()];
        java.util.Arrays.fill(ones, 1);
        return Weight.of(norm.name(), 1, ones.length, ones);
    }

    private static Map<String, Weight> all(Model model) {
        Map<String, Weight> all = new LinkedHashMap<>();
        for (String name : model.weights().names()) all.put(name, model.weights().get(name));
        return all;
    }

    private static float[][] rows(Model model, Parameter parameter) {
        Weight weight = model.weights().get(parameter.name());
        float[][] rows = new float[weight.rows()][weight.columns()];
        for (int row = 0; row < rows.length; row++) weight.row(row, rows[row]);
        return rows;
    }

    private static Weight weight(String name, float[][] rows) {
        int columns = rows[0].length;
        float[] values = new float[rows.length * columns];
        for (int row = 0; row < rows.length; row++) System.arraycopy(rows[row], 0, values, row * columns, columns);
        return Weight.of(name, rows.length, columns, values);
    }

    private static Model with(Model model, Configuration configuration, Map<String, Weight> weights) {
        Checkpoint checkpoint = model.checkpoint();
        return Model.of(new Checkpoint(checkpoint.source(), checkpoint.format(), configuration, new Weights(weights),
                checkpoint.tokenizer()), model.backend());
    }
}
