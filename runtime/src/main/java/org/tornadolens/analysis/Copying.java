package org.tornadolens.analysis;

import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.tornadolens.Interruption;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Copying scores (Elhage et al. 2021): Σ Re λ / Σ |λ| over the eigenvalues of the full OV circuit W_E W_V W_O W_U of a
 * head, between -1 and 1. That matrix is dVocab × dVocab; its non-zero eigenvalues are those of the dHead × dHead
 * matrix W_O (W_U W_E) W_V, which is computed instead. Gains of norms are not folded in.
 */
public final class Copying {

    private static final int BLOCK = 1024;   // tokens processed at a time

    private Copying() {}

    /** Returns the scores of all heads, [layer, head]. */
    public static Tensor scores(Model model) {
        return scores(model, done -> {});
    }

    /**
     * Returns the memory of the computation in bytes, without the weights: W_U W_E, the matrices of a layer as f32, and
     * their product.
     */
    public static long bytes(Configuration c) { return 5L * c.dModel() * c.dModel() * Float.BYTES; }

    /** Returns the multiply-adds of W_U W_E and of its products with the matrices of all heads. */
    public static double products(Configuration c) {
        double square = (double) c.dModel() * c.dModel();
        return square * c.dVocab() + square * c.nLayers() * c.nHeads() * c.dHead();
    }

    /** @param layers receives the number of completed layers */
    public static Tensor scores(Model model, IntConsumer layers) {
        Configuration c = model.configuration();
        Matrices matrices = new Matrices(c, model.weights());
        Tensor vocabulary = throughVocabulary(c, matrices);
        Tensor scores = Tensor.zeros(Shape.of("layer", c.nLayers(), "head", c.nHeads()));
        for (int layer = 0; layer < c.nLayers(); layer++) {
            Tensor output = matrices.get(ParameterSpec.W_O, layer).matmul(vocabulary);   // [head, dHead, read]
            Tensor value = matrices.get(ParameterSpec.W_V, layer);                        // [kvHead, dModel, dHead]
            int at = layer;
            Interruption caller = Interruption.ofThisThread();
            IntStream.range(0, c.nHeads()).parallel().forEach(head -> {
                caller.checkOwner();
                Tensor own = value.at("kvHead", head / c.headsPerKv());
                scores.set((float) eigenvalues(output.at("head", head), own).positivity(), at, head);
            });
            layers.accept(layer + 1);
        }
        return scores;
    }

    /** Returns the eigenvalues of W_O (W_U W_E) · W_V, [dHead, dModel] · [dModel, dHead]. */
    static Eigenvalues eigenvalues(Tensor output, Tensor value) {
        float[][] product = (float[][]) output.rename("dHead", "row").matmul(value).toArray();
        double[][] matrix = new double[product.length][product.length];
        for (int i = 0; i < matrix.length; i++) for (int j = 0; j < matrix.length; j++) matrix[i][j] = product[i][j];
        return Eigenvalues.of(matrix);
    }

    /**
     * Returns W_U W_E, [dModel, dModel], which maps a direction that is written to embeddings of the tokens it raises.
     */
    static Tensor throughVocabulary(Configuration c, Matrices matrices) {
        Tensor sum = Tensor.zeros(Shape.of("dModel", c.dModel(), "read", c.dModel()));
        for (int from = 0; from < c.dVocab(); from += BLOCK) {
            int to = Math.min(from + BLOCK, c.dVocab());
            Tensor written = matrices.unembeddingRows(from, to),
                    read = matrices.embeddingRows(from, to).rename("dModel", "read");
            sum = sum.add(written.dot(read));
        }
        return sum;
    }
}
