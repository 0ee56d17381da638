package org.tornadolens.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
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
 * A change of a model's weights. The matrix that it touches is copied, as f32, and shared by nobody; all others stay
 * where they are.
 */
public sealed interface WeightEdit {

    void apply(Editor editor);

    /** These edits of a model's weights, one after the other. */
    static Weights apply(Configuration configuration, Weights weights, List<WeightEdit> edits) {
        Editor editor = new Editor(configuration, weights);
        for (WeightEdit edit : edits) edit.apply(editor);
        return editor.weights;
    }

    /** The OV circuits of heads, multiplied: their columns of W_O, which no other head reads. */
    record ScaleOv(HeadSelector heads, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            int dHead = editor.configuration.dHead();
            for (Head head : heads.in(editor.configuration)) {
                editor.scale(editor.parameters.output(head.layer()), 0, editor.configuration.dModel(), head.head() * dHead, dHead, factor);
            }
        }
    }

    /** The QK circuits of heads, and so their attention scores, multiplied: their rows of W_Q, which no other head reads. */
    record ScaleQk(HeadSelector heads, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            int dHead = editor.configuration.dHead();
            for (Head head : heads.in(editor.configuration)) {
                editor.scale(editor.parameters.query(head.layer()), head.head() * dHead, dHead, 0, editor.configuration.dModel(), factor);
            }
        }
    }

    /** What neurons write to the residual stream, multiplied: their columns of W_down. Without numbers, all of a layer's. */
    record ScaleNeurons(LayerSelector layers, List<Integer> neurons, double factor) implements WeightEdit {
        @Override public void apply(Editor editor) {
            Configuration c = editor.configuration;
            for (int neuron : neurons) {
                if (neuron < 0 || neuron >= c.dMlp()) throw new UsageException("no neuron " + neuron + ": this model's MLPs have neurons 0 to " + (c.dMlp() - 1));
            }
            for (int layer : layers.in(c)) {
                Parameter down = editor.parameters.down(layer);
                if (neurons.isEmpty()) editor.scale(down, 0, c.dModel(), 0, c.dMlp(), factor);
                for (int neuron : neurons) editor.scale(down, 0, c.dModel(), neuron, 1, factor);
            }
        }
    }

    /**
     * A matrix, or one head's part of it, replaced.
     *
     * @param matrix a name of {@link Matrices}: W_E, W_U, W_Q, W_K, W_V, W_O, W_gate, W_up, W_down, norm1, norm2, normFinal
     * @param layer  -1 where the matrix belongs to none
     * @param head   -1 for the whole matrix; of W_K and W_V a query head stands for the group it reads
     * @param value  shaped as the matrix is there, activations multiplying from the left
     */
    record Set(String matrix, int layer, int head, Tensor value) implements WeightEdit {
        private static final List<String> NAMES = List.of("W_E", "W_U", "W_Q", "W_K", "W_V", "W_O", "W_gate", "W_up", "W_down", "norm1", "norm2", "normFinal");
        private static final List<String> OF_THE_MODEL = List.of("W_E", "W_U", "normFinal"), OF_HEADS = List.of("W_Q", "W_K", "W_V", "W_O");

        @Override public void apply(Editor editor) {
            Configuration c = editor.configuration;
            if (!NAMES.contains(matrix)) throw new UsageException(Nearest.message("matrix", matrix, NAMES));
            if (OF_THE_MODEL.contains(matrix) != layer < 0) throw new UsageException(matrix + (layer < 0 ? " belongs to a layer: name it" : " belongs to no layer"));
            if (layer >= c.nLayers()) throw new UsageException("no layer " + layer + ": this model has layers 0 to " + (c.nLayers() - 1));
            if (head >= 0 && !OF_HEADS.contains(matrix)) throw new UsageException(matrix + " has no heads");
            if (head >= c.nHeads()) throw new UsageException("no head " + layer + "." + head + ": this model has heads 0 to " + (c.nHeads() - 1));
            if (matrix.equals("W_U") && c.tied()) throw new UsageException("this model's embeddings are tied: W_U is W_E transposed; set W_E, which changes both");
            switch (matrix) {
                case "W_E" -> editor.set(editor.parameters.embedding(), shaped(Shape.of("dVocab", c.dVocab(), "dModel", c.dModel())), 0, 0);
                case "W_U" -> editor.set(editor.parameters.unembedding(), shaped(Shape.of("dModel", c.dModel(), "dVocab", c.dVocab())).transpose(), 0, 0);
                case "W_Q" -> heads(editor, editor.parameters.query(layer), "head", c.nHeads(), head);
                case "W_K" -> heads(editor, editor.parameters.key(layer), "kvHead", c.nKvHeads(), head < 0 ? head : head / c.headsPerKv());
                case "W_V" -> heads(editor, editor.parameters.value(layer), "kvHead", c.nKvHeads(), head < 0 ? head : head / c.headsPerKv());
                case "W_O" -> {
                    Shape one = Shape.of("dHead", c.dHead(), "dModel", c.dModel());
                    Tensor given = shaped(head < 0 ? one.with("head", c.nHeads()) : one);
                    for (int h = head < 0 ? 0 : head; h < (head < 0 ? c.nHeads() : head + 1); h++) {
                        editor.set(editor.parameters.output(layer), (head < 0 ? given.at("head", h) : given).transpose(), 0, h * c.dHead());
                    }
                }
                case "W_gate" -> editor.set(editor.parameters.gate(layer), shaped(Shape.of("dModel", c.dModel(), "dMlp", c.dMlp())).transpose(), 0, 0);
                case "W_up" -> editor.set(editor.parameters.up(layer), shaped(Shape.of("dModel", c.dModel(), "dMlp", c.dMlp())).transpose(), 0, 0);
                case "W_down" -> editor.set(editor.parameters.down(layer), shaped(Shape.of("dMlp", c.dMlp(), "dModel", c.dModel())).transpose(), 0, 0);
                case "norm1" -> gain(editor, editor.parameters.attentionNorm(layer));
                case "norm2" -> gain(editor, editor.parameters.mlpNorm(layer));
                case "normFinal" -> gain(editor, editor.parameters.finalNorm());
                default -> throw new IllegalStateException(matrix);
            }
        }

        private void heads(Editor editor, Parameter parameter, String axis, int count, int one) {
            Configuration c = editor.configuration;
            Shape each = Shape.of("dModel", c.dModel(), "dHead", c.dHead());
            Tensor given = shaped(one < 0 ? each.with(axis, count) : each);
            for (int h = one < 0 ? 0 : one; h < (one < 0 ? count : one + 1); h++) editor.set(parameter, (one < 0 ? given.at(axis, h) : given).transpose(), h * c.dHead(), 0);
        }

        private void gain(Editor editor, Parameter parameter) {
            Tensor given = shaped(Shape.of("dModel", editor.configuration.dModel()));
            editor.set(parameter, given.reshape(given.shape().with("one", 1)), 0, 0);
        }

        /** The value, which must have this shape; its axes may be named otherwise. */
        private Tensor shaped(Shape shape) {
            if (!Arrays.equals(value.shape().sizes(), shape.sizes())) {
                throw new UsageException("edit.set(\"" + matrix + "\", …): the tensor is " + value.shape() + " and the matrix " + shape);
            }
            return value.reshape(shape);
        }
    }

    /** The weights while they are edited. */
    final class Editor {
        private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

        private final Configuration configuration;
        private final LlamaParameters parameters;
        private final java.util.Set<String> copied = new HashSet<>();
        private Weights weights;

        private Editor(Configuration configuration, Weights weights) {
            this.configuration = configuration;
            this.parameters = new LlamaParameters(configuration);
            this.weights = weights;
        }

        /** The matrix as f32 in memory of its own, rows in canonical order. */
        private Weight own(Parameter parameter) {
            if (copied.add(parameter.name())) weights = weights.with(Conversion.convert(weights.get(parameter.name()), DType.F32));
            return weights.get(parameter.name());
        }

        private void scale(Parameter parameter, int row, int rows, int column, int columns, double factor) {
            Weight weight = own(parameter);
            for (int r = row; r < row + rows; r++) {
                long at = (long) r * weight.columns() + column;
                for (long i = at; i < at + columns; i++) weight.data().setAtIndex(FLOAT, i, (float) (weight.data().getAtIndex(FLOAT, i) * factor));
            }
        }

        /** A window of the matrix, [out, in]. */
        private void set(Parameter parameter, Tensor window, int row, int column) {
            Weight weight = own(parameter);
            Tensor source = window.copy();
            long columns = source.shape().size(1);
            for (int r = 0; r < source.shape().size(0); r++) {
                MemorySegment.copy(source.data(), r * columns * Float.BYTES, weight.data(), ((row + (long) r) * weight.columns() + column) * Float.BYTES, columns * Float.BYTES);
            }
        }
    }
}
