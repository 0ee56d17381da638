package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.AxisKind;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * The weights of a model as f32 tensors in the convention of papers, where activations multiply from the left:
 * {@code q = x · W_Q}. Every call decodes into a new tensor.
 */
public final class Matrices {

    private final Parameters parameters;
    private final Configuration c;
    private final Weights weights;

    public Matrices(Configuration configuration, Weights weights) {
        this.c = configuration;
        this.weights = weights;
        this.parameters = new Parameters(configuration);
    }

    public Configuration configuration() { return c; }

    /**
     * Returns a parameter of a layer, with the axes of {@link ParameterSpec.Layout#view}.
     *
     * @throws UsageException if the model has no such parameter or layer
     */
    public Tensor get(ParameterSpec spec, int layer) {
        if (spec == ParameterSpec.UNEMBEDDING && c.tied()) return get(ParameterSpec.EMBEDDING, layer).transpose();
        if (!spec.in(c)) throw new UsageException("this model has no " + spec.script());
        if (spec.ofBlock() && (layer < 0 || layer >= c.nLayers())) {
            throw new UsageException("no layer " + layer + ": this model has layers 0 to " + (c.nLayers() - 1));
        }
        ParameterSpec.Layout layout = spec.layout();
        Tensor stored = Tensor.over(shape(Stream.concat(layout.rows().stream(), layout.columns().stream()).toList(), c),
                decoded(parameters.get(spec, layer)));
        return layout.view().size() == 1 ? stored
                : stored.transpose(layout.view().stream().map(AxisKind::text).toArray(String[]::new));
    }

    /** Returns a parameter that belongs to no layer. */
    public Tensor get(ParameterSpec spec) { return get(spec, -1); }

    /** Returns the part of a parameter that belongs to a query head; of W_K and W_V, the part of its group. */
    public Tensor head(ParameterSpec spec, int layer, int head) {
        if (head < 0 || head >= c.nHeads())
            throw new UsageException(
                    "no head " + layer + "." + head + ": this model has heads 0 to " + (c.nHeads() - 1));
        AxisKind axis = spec.headAxis().orElseThrow(() -> new UsageException(spec.script() + " has no heads"));
        return get(spec, layer).at(axis.text(), axis == AxisKind.KV_HEAD ? head / c.headsPerKv() : head);
    }

    /** Returns the shape of a parameter in scripts. */
    static Shape view(ParameterSpec spec, Configuration c) {
        return shape(spec.layout().view(), c);
    }

    private static Shape shape(List<AxisKind> kinds, Configuration c) {
        List<Axis> axes = new ArrayList<>();
        for (AxisKind kind : kinds) axes.add(new Axis(kind.text(), kind.size(c)));
        return new Shape(axes);
    }

    /** Returns the rows {@code from} (inclusive) to {@code to} (exclusive) of the embedding, [dVocab, dModel]. */
    public Tensor embeddingRows(int from, int to) {
        return rows(parameters.get(ParameterSpec.EMBEDDING), from, to);
    }

    /** Returns the unembedding vectors of tokens {@code from} to {@code to} (exclusive), [dVocab, dModel]. */
    public Tensor unembeddingRows(int from, int to) {
        return rows(parameters.unembedding(), from, to);
    }

    private Tensor rows(Parameter parameter, int from, int to) {
        Weight weight = weights.get(parameter.name());
        Tensor rows = Tensor.zeros(Shape.of("dVocab", to - from, "dModel", weight.columns()));
        MemorySegment data = rows.data();
        Interruption caller = Interruption.ofThisThread();
        IntStream.range(from, to).parallel().forEach(r -> {
            caller.checkOwner();
            float[] row = new float[weight.columns()];
            weight.row(r, row);
            MemorySegment.copy(row, 0, data, ValueLayout.JAVA_FLOAT, (long) (r - from) * row.length * Float.BYTES,
                    row.length);
        });
        return rows;
    }

    private MemorySegment decoded(Parameter parameter) {
        return Conversion.convert(weights.get(parameter.name()), DType.F32).data();
    }
}
