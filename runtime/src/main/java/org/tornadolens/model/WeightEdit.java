package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.AxisKind;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * An edit of the weights of a model. The matrix that it changes is copied as f32; all others are shared with the
 * original model.
 */
public sealed interface WeightEdit {

    void apply(Editor editor);

    /** Returns the weights with these edits applied in order. */
    static Weights apply(Configuration configuration, Weights weights, List<WeightEdit> edits) {
        Editor editor = new Editor(configuration, weights);
        for (WeightEdit edit : edits) edit.apply(editor);
        return editor.weights;
    }

    /** Multiplies the OV circuits of heads by a factor, by scaling their columns of W_O, which no other head uses. */
    record ScaleOv(HeadSelector heads, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            int dHead = editor.configuration.dHead();
            for (Head head : heads.in(editor.configuration)) {
                editor.scale(editor.parameters.get(ParameterSpec.W_O, head.layer()), 0, editor.configuration.dModel(),
                        head.head() * dHead, dHead, factor);
            }
        }
    }

    /**
     * Multiplies the QK circuits of heads, and so their attention scores, by a factor, by scaling their rows of W_Q and
     * of its bias, which no other head uses.
     */
    record ScaleQk(HeadSelector heads, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            if (editor.configuration.variant().qkNorm()) {
                throw new UsageException("this model normalizes queries, so that scaling W_Q changes nothing: "
                        + "scale the queries instead, as in model.with(scale(head(\"0.1\").q, 0.5))");
            }
            int dHead = editor.configuration.dHead();
            for (Head head : heads.in(editor.configuration)) {
                editor.scale(editor.parameters.get(ParameterSpec.W_Q, head.layer()), head.head() * dHead, dHead, 0,
                        editor.configuration.dModel(), factor);
                if (!ParameterSpec.B_Q.in(editor.configuration)) continue;
                editor.scale(editor.parameters.get(ParameterSpec.B_Q, head.layer()), 0, 1, head.head() * dHead, dHead,
                        factor);
            }
        }
    }

    /**
     * Multiplies what neurons write to the residual stream by a factor, by scaling their columns of W_down.
     *
     * @param neurons the neurons of each layer; empty: all
     */
    record ScaleNeurons(LayerSelector layers, List<Integer> neurons, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            Configuration c = editor.configuration;
            for (int neuron : neurons) {
                if (neuron < 0 || neuron >= c.dMlp())
                    throw new UsageException(
                            "no neuron " + neuron + ": this model's MLPs have neurons 0 to " + (c.dMlp() - 1));
            }
            for (int layer : layers.in(c)) {
                Parameter down = editor.parameters.get(ParameterSpec.W_DOWN, layer);
                if (neurons.isEmpty()) editor.scale(down, 0, c.dModel(), 0, c.dMlp(), factor);
                for (int neuron : neurons) editor.scale(down, 0, c.dModel(), neuron, 1, factor);
            }
        }
    }

    /**
     * Replaces a matrix, or the part of one head.
     *
     * @param matrix the name of the parameter in scripts ({@link ParameterSpec#script})
     * @param layer  -1 if the matrix belongs to no layer
     * @param head   -1 for the whole matrix; for W_K and W_V, a query head means the group that it reads
     * @param value  the new values, shaped as the matrix in scripts (activations multiply from the left)
     */
    record Set(String matrix, int layer, int head, Tensor value) implements WeightEdit {
        @Override public void apply(Editor editor) {
            Configuration c = editor.configuration;
            ParameterSpec spec = spec(c);
            if (spec.ofBlock() == layer < 0)
                throw new UsageException(
                        matrix + (layer < 0 ? " belongs to a layer: name it" : " belongs to no layer"));
            if (layer >= c.nLayers())
                throw new UsageException("no layer " + layer + ": this model has layers 0 to " + (c.nLayers() - 1));
            if (head >= 0 && spec.headAxis().isEmpty()) throw new UsageException(matrix + " has no heads");
            if (head >= c.nHeads())
                throw new UsageException("no head " + layer + "." + head + ": this model has heads 0 to "
                        + (c.nHeads() - 1));
            Shape view = Matrices.view(spec, c);
            if (head < 0) {
                write(editor, spec, shaped(view), 0);
            } else {
                AxisKind axis = spec.headAxis().orElseThrow();
                Tensor one = shaped(view.without(axis.text()));
                write(editor, spec, one.reshape(one.shape().with(axis.text(), 1)),
                        axis == AxisKind.KV_HEAD ? head / c.headsPerKv() : head);
            }
        }

        private ParameterSpec spec(Configuration c) {
            List<ParameterSpec> all = Stream.of(ParameterSpec.values())
                    .filter(spec -> spec.in(c) || spec == ParameterSpec.UNEMBEDDING).toList();
            ParameterSpec spec = all.stream().filter(one -> one.script().equals(matrix)).findFirst()
                    .orElseThrow(() -> new UsageException(
                            Nearest.message("matrix", matrix, all.stream().map(ParameterSpec::script).toList())));
            if (!spec.in(c))
                throw new UsageException(
                        "this model's embeddings are tied: W_U is W_E transposed; set W_E, which changes both");
            return spec;
        }

        /** Writes the part of a parameter that starts at {@code head}, or the whole parameter, in stored layout. */
        private void write(Editor editor, ParameterSpec spec, Tensor view, int head) {
            ParameterSpec.Layout layout = spec.layout();
            String[] stored = Stream.concat(layout.rows().stream(), layout.columns().stream()).map(AxisKind::text)
                    .toArray(String[]::new);
            Tensor ordered = stored.length == 1 ? view : view.transpose(stored);
            int rows = layout.rows().stream()
                    .mapToInt(axis -> ordered.shape().size(ordered.shape().indexOf(axis.text())))
                    .reduce(1, Math::multiplyExact);
            Tensor window = ordered.copy().reshape(Shape.of("out", rows, "in", (int) (view.elements() / rows)));
            boolean rowsOfHeads = spec.headAxis().filter(layout.rows()::contains).isPresent();
            int at = head * editor.configuration.dHead();
            editor.set(editor.parameters.get(spec, layer), window, rowsOfHeads ? at : 0, rowsOfHeads ? 0 : at);
        }

        /** Returns the new values in this shape, which they must have; the names of their axes are ignored. */
        private Tensor shaped(Shape shape) {
            if (!Arrays.equals(value.shape().sizes(), shape.sizes())) {
                throw new UsageException(
                        "edit.set(\"" + matrix + "\", …): the tensor is " + value.shape() + " and the matrix " + shape);
            }
            return value.reshape(shape);
        }
    }

    /** Applies edits to weights, copying each matrix before its first change. */
    final class Editor {
        private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

        private final Configuration configuration;
        private final Parameters parameters;
        private final java.util.Set<String> copied = new HashSet<>();   // Set is the edit
        private Weights weights;

        private Editor(Configuration configuration, Weights weights) {
            this.configuration = configuration;
            this.parameters = new Parameters(configuration);
            this.weights = weights;
        }

        /** Returns the matrix as f32 in its own memory, rows in canonical order. */
        private Weight own(Parameter parameter) {
            if (copied.add(parameter.name()))
                weights = weights.with(Conversion.convert(weights.get(parameter.name()), DType.F32));
            return weights.get(parameter.name());
        }

        private void scale(Parameter parameter, int row, int rows, int column, int columns, double factor) {
            Weight weight = own(parameter);
            for (int r = row; r < row + rows; r++) {
                long at = (long) r * weight.columns() + column;
                for (long i = at; i < at + columns; i++)
                    weight.data().setAtIndex(FLOAT, i, (float) (weight.data().getAtIndex(FLOAT, i) * factor));
            }
        }

        /** Replaces a window of the matrix, [out, in], whose first element is at ({@code row}, {@code column}). */
        private void set(Parameter parameter, Tensor window, int row, int column) {
            Weight weight = own(parameter);
            Tensor source = window.copy();
            long columns = source.shape().size(1);
            for (int r = 0; r < source.shape().size(0); r++) {
                MemorySegment.copy(source.data(), r * columns * Float.BYTES, weight.data(),
                        ((row + (long) r) * weight.columns() + column) * Float.BYTES, columns * Float.BYTES);
            }
        }
    }
}
