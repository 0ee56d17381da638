package org.tornadolens.analysis;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntConsumer;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.linalg.Products;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/** Maps directions of the residual stream to logits, x ∘ w_final · W_U, in blocks that fit into memory. */
final class Unembedding {

    /** Receives the logits of each direction. */
    @FunctionalInterface interface Reader {
        void read(int index, float[] logits);
    }

    private static final int BLOCK = 4 << 20;   // logits computed at a time

    private final Configuration c;
    private final Weight weight;
    private final Tensor gain;

    Unembedding(Model model) {
        this.c = model.configuration();
        this.weight = model.weights().get(new Parameters(c).unembedding().name());
        this.gain = new Matrices(c, model.weights()).get(ParameterSpec.NORM_FINAL);
    }

    /** Divides every row of x, [.., dModel], by sqrt(mean(x²) + eps). */
    Tensor normalized(Tensor x) {
        Tensor normalized = x.copy();
        MemorySegment data = normalized.data();
        for (long row = 0; row < x.elements(); row += c.dModel()) {
            double squares = 0;
            for (int i = 0; i < c.dModel(); i++)
                squares += Math.pow(data.getAtIndex(ValueLayout.JAVA_FLOAT, row + i), 2);
            double scale = Math.sqrt(squares / c.dModel() + c.normEps());
            for (int i = 0; i < c.dModel(); i++)
                data.setAtIndex(ValueLayout.JAVA_FLOAT, row + i,
                        (float) (data.getAtIndex(ValueLayout.JAVA_FLOAT, row + i) / scale));
        }
        return normalized;
    }

    /**
     * Passes the logits of every direction to a reader.
     *
     * @param directions [n, dModel]
     * @param done       receives the number of completed directions
     */
    void read(Tensor directions, Reader reader, IntConsumer done) {
        int n = directions.shape().size(0), block = Math.clamp(BLOCK / c.dVocab(), 1, n);
        String axis = directions.shape().names().getFirst();
        Tensor logits = Tensor.zeros(Shape.of("n", block, "dVocab", c.dVocab()));
        MemorySegment out = logits.data();
        float[] row = new float[c.dVocab()];
        for (int from = 0; from < n; from += block) {
            int count = Math.min(block, n - from);
            Products.multiply(directions.slice(axis, from, from + count).mul(gain).data(), count, weight, out);
            for (int i = 0; i < count; i++) {
                MemorySegment.copy(out, ValueLayout.JAVA_FLOAT, (long) i * c.dVocab() * Float.BYTES, row, 0,
                        row.length);
                reader.read(from + i, row);
            }
            done.accept(from + count);
        }
    }

    /** Returns the ids of the k largest logits, largest first; equal logits are ordered by id. */
    static int[] largest(float[] logits, int k) {
        int[] best = new int[k];
        int count = 0;
        for (int id = 0; id < logits.length; id++) {
            if (count == k && !(logits[id] > logits[best[k - 1]])) continue;
            int at = count < k ? count++ : k - 1;
            for (; at > 0 && logits[best[at - 1]] < logits[id]; at--) best[at] = best[at - 1];
            best[at] = id;
        }
        return best;
    }
}
