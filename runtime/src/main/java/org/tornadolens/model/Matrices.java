package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * A model's weights as f32 tensors in the convention of the papers, where activations multiply from the left:
 * {@code q = x · W_Q}. Every call decodes anew into memory of its own.
 */
public final class Matrices {

    private final LlamaParameters parameters;
    private final Configuration c;
    private final Weights weights;

    public Matrices(Configuration configuration, Weights weights) {
        this.c = configuration;
        this.weights = weights;
        this.parameters = new LlamaParameters(configuration);
    }

    /** [dVocab, dModel] */
    public Tensor embedding() { return decoded(parameters.embedding(), "dVocab", "dModel"); }

    /** [dModel, dVocab] */
    public Tensor unembedding() { return decoded(parameters.unembedding(), "dVocab", "dModel").transpose(); }

    /** [head, dModel, dHead] */
    public Tensor query(int layer) { return heads(parameters.query(layer), "head", c.nHeads()); }

    /** [kvHead, dModel, dHead] */
    public Tensor key(int layer) { return heads(parameters.key(layer), "kvHead", c.nKvHeads()); }

    /** [kvHead, dModel, dHead] */
    public Tensor value(int layer) { return heads(parameters.value(layer), "kvHead", c.nKvHeads()); }

    /** [head, dHead, dModel] */
    public Tensor output(int layer) {
        return decoded(parameters.output(layer), "dModel", "columns")
                .reshape(Shape.of("dModel", c.dModel(), "head", c.nHeads(), "dHead", c.dHead())).transpose("head", "dHead", "dModel");
    }

    /** [dModel, dMlp] */
    public Tensor gate(int layer) { return decoded(parameters.gate(layer), "dMlp", "dModel").transpose(); }

    /** [dModel, dMlp] */
    public Tensor up(int layer) { return decoded(parameters.up(layer), "dMlp", "dModel").transpose(); }

    /** [dMlp, dModel] */
    public Tensor down(int layer) { return decoded(parameters.down(layer), "dModel", "dMlp").transpose(); }

    /** [dModel] */
    public Tensor attentionNorm(int layer) { return gain(parameters.attentionNorm(layer)); }

    /** [dModel] */
    public Tensor mlpNorm(int layer) { return gain(parameters.mlpNorm(layer)); }

    /** [dModel] */
    public Tensor finalNorm() { return gain(parameters.finalNorm()); }

    /** Rows {@code from} to {@code to} of the embedding, [dVocab, dModel]. */
    public Tensor embeddingRows(int from, int to) { return rows(parameters.embedding(), from, to); }

    /** The unembedding vectors of the tokens {@code from} to {@code to}, [dVocab, dModel]. */
    public Tensor unembeddingRows(int from, int to) { return rows(parameters.unembedding(), from, to); }

    private Tensor rows(Parameter parameter, int from, int to) {
        Weight weight = weights.get(parameter.name());
        Tensor rows = Tensor.zeros(Shape.of("dVocab", to - from, "dModel", weight.columns()));
        MemorySegment data = rows.data();
        IntStream.range(from, to).parallel().forEach(r -> {
            float[] row = new float[weight.columns()];
            weight.row(r, row);
            MemorySegment.copy(row, 0, data, ValueLayout.JAVA_FLOAT, (long) (r - from) * row.length * Float.BYTES, row.length);
        });
        return rows;
    }

    private Tensor heads(Parameter parameter, String axis, int count) {
        return decoded(parameter, "rows", "dModel").reshape(Shape.of(axis, count, "dHead", c.dHead(), "dModel", c.dModel()))
                .transpose(axis, "dModel", "dHead");
    }

    private Tensor gain(Parameter parameter) { return decoded(parameter, "one", "dModel").at("one", 0); }

    private Tensor decoded(Parameter parameter, String rows, String columns) {
        Weight weight = weights.get(parameter.name());
        return Tensor.over(Shape.of(rows, weight.rows(), columns, weight.columns()), Conversion.convert(weight, DType.F32).data());
    }
}
