package org.tornadolens.analysis;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.intervention.Head;
import org.tornadolens.linalg.Products;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.program.Rotary;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/**
 * A circuit of a head, as a matrix of rank dHead (Elhage et al. 2021): the OV circuit W_V W_O maps what the head reads
 * to what it writes, the QK circuit W_Q W_Kᵀ determines which destination attends to which source. Products, sums and
 * multiples of circuits are circuits: the sum of the OV circuits of several heads is one circuit with their joint
 * effect.
 *
 * <p>Over the vocabulary, a circuit is W_E OV W_U or W_E QK W_Eᵀ ({@link #full}), a matrix of tokens by tokens, whose
 * elements are selected by tokens.
 *
 * @param rows    the space of the rows of the matrix
 * @param columns the space of the columns of the matrix
 * @param folded  whether the gains of RMSNorm are included
 */
public record Circuit(Model model, Space rows, Space columns, boolean folded, FactoredMatrix matrix) {

    /** The space of an axis of a circuit. */
    public enum Space {
        /** The residual stream, read from embeddings of tokens. */
        EMBEDDING,
        /** The residual stream, read out by the unembedding. */
        UNEMBEDDING,
        /** Tokens. */
        TOKENS
    }

    private static final long MAX_ELEMENTS = 1L << 28;   // of a dense matrix: 1 GB

    /**
     * Returns W_V W_O of a query head, with the W_V of its group under grouped-query attention.
     *
     * @param folded whether to include the gain of the norm before attention, and in the full circuit that of the final
     *               norm
     */
    public static Circuit ov(Model model, Head head, boolean folded) {
        Matrices matrices = matrices(model, head);
        // [dModel, dHead] and [dHead, dModel]
        Tensor value = matrices.get(ParameterSpec.W_V, head.layer()).at("kvHead",
                head.head() / model.configuration().headsPerKv());
        Tensor output = matrices.get(ParameterSpec.W_O, head.layer()).at("head", head.head());
        if (folded) value = value.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
        return new Circuit(model, Space.EMBEDDING, Space.UNEMBEDDING, folded, new FactoredMatrix(value, output.copy()));
    }

    /**
     * Returns W_Q R(offset) W_Kᵀ of a query head, with the W_K of its group under grouped-query attention, where R
     * rotates by the rotary angles of {@code offset} = destination - source (Su et al. 2021). Scores are x_dest · QK ·
     * x_src / √dHead with x after the norm, without the contribution of biases; if queries and keys are normalized, the
     * gains of their norms are included, the scales are not.
     */
    public static Circuit qk(Model model, Head head, int offset, boolean folded) {
        Matrices matrices = matrices(model, head);
        // both [dModel, dHead]
        Tensor query = rotated(model.configuration(), queries(matrices, head.layer()).at("head", head.head()), offset);
        Tensor key = keys(matrices, head.layer()).at("kvHead", head.head() / model.configuration().headsPerKv());
        if (folded) {
            query = query.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
            key = key.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
        }
        return new Circuit(model, Space.EMBEDDING, Space.EMBEDDING, folded, new FactoredMatrix(query, key.transpose()));
    }

    /** Returns W_Q with the gain of the query norm, if there is one: [head, dModel, dHead]. */
    static Tensor queries(Matrices matrices, int layer) {
        return gained(matrices, ParameterSpec.W_Q, ParameterSpec.NORM_Q, layer);
    }

    /** Returns W_K with the gain of the key norm, if there is one: [kvHead, dModel, dHead]. */
    static Tensor keys(Matrices matrices, int layer) {
        return gained(matrices, ParameterSpec.W_K, ParameterSpec.NORM_K, layer);
    }

    private static Tensor gained(Matrices matrices, ParameterSpec weight, ParameterSpec norm, int layer) {
        Tensor heads = matrices.get(weight, layer);
        return norm.in(matrices.configuration()) ? heads.mul(matrices.get(norm, layer)) : heads;
    }

    private static Matrices matrices(Model model, Head head) {
        Configuration c = model.configuration();
        if (head.layer() < 0 || head.layer() >= c.nLayers() || head.head() < 0 || head.head() >= c.nHeads()) {
            throw new UsageException("no head " + head + ": this model has layers 0 to " + (c.nLayers() - 1)
                    + " of heads 0 to " + (c.nHeads() - 1));
        }
        return new Matrices(c, model.weights());
    }

    /** Rotates every row of a head's W_Q, [dModel, dHead], by the rotary angles of {@code offset} positions. */
    static Tensor rotated(Configuration c, Tensor weight, int offset) {
        Rotary rotary = c.rotary();
        double magnitude = rotary.magnitude() * rotary.magnitude();   // that of the query times that of the key
        if (offset == 0) return magnitude == 1 ? weight : weight.mul((float) magnitude);
        List<Double> frequencies = rotary.frequencies();
        int half = c.dHead() / 2;
        Tensor cos = Tensor.zeros(Shape.of("dHead", half)), sin = Tensor.zeros(Shape.of("dHead", half));
        for (int i = 0; i < half; i++) {
            cos.set((float) (magnitude * Math.cos(offset * frequencies.get(i))), i);
            sin.set((float) (magnitude * Math.sin(offset * frequencies.get(i))), i);
        }
        Tensor first = weight.slice("dHead", 0, half), second = weight.slice("dHead", half, 2 * half);
        Tensor rotated = Tensor.zeros(weight.shape());
        rotated.slice("dHead", 0, half).assign(first.mul(cos).sub(second.mul(sin)));
        rotated.slice("dHead", half, 2 * half).assign(second.mul(cos).add(first.mul(sin)));
        return rotated;
    }

    /** Returns whether the columns are tokens; otherwise they are coordinates of the residual stream. */
    public boolean overTokens() {
        return columns == Space.TOKENS;
    }

    // ---- arithmetic

    public Circuit transpose() { return new Circuit(model, columns, rows, folded, matrix.transpose()); }

    public Circuit times(Circuit other) {
        if ((columns == Space.TOKENS) != (other.rows == Space.TOKENS))
            throw new UsageException("a product of " + this + " and " + other
                    + ": one is over tokens, the other over the residual stream");
        return new Circuit(model, rows, other.columns, folded, matrix.times(other.matrix));
    }

    public Circuit plus(Circuit other) {
        if (rows != other.rows || columns != other.columns)
            throw new UsageException("a sum of " + this + " and " + other + ": they read or write different spaces");
        return new Circuit(model, rows, columns, folded, matrix.plus(other.matrix));
    }

    public Circuit scaled(double factor) { return new Circuit(model, rows, columns, folded, matrix.scaled(factor)); }

    // ---- over the vocabulary

    /** Returns the circuit from tokens to tokens in factored form: [dVocab, rank] · [rank, dVocab]. */
    public Circuit full() {
        if (rows == Space.TOKENS && columns == Space.TOKENS) return this;
        int[] all = IntStream.range(0, model.configuration().dVocab()).toArray();
        return new Circuit(model, Space.TOKENS, Space.TOKENS, folded, over(all, all));
    }

    /**
     * Returns Σ Re λ / Σ |λ| over the eigenvalues of the full circuit: 1 for a head that copies, -1 for its opposite.
     */
    public double copyingScore() { return full().matrix.eigenvalues().positivity(); }

    /** Returns the elements of the full circuit at these tokens, [row, column]. */
    public Tensor dense(int[] rowTokens, int[] columnTokens) {
        if ((long) rowTokens.length * columnTokens.length > MAX_ELEMENTS) {
            throw new UsageException(rowTokens.length + " × " + columnTokens.length + " elements do not fit into a "
                    + "tensor of 1 GB: name fewer tokens, or use top(k), which searches all elements");
        }
        return over(rowTokens, columnTokens).dense();
    }

    /** Returns the elements [t, t] of the full circuit for every token t: how much a token raises its own logit. */
    public Tensor diagonal() {
        return full().matrix.diagonal().rename("column", "dVocab");
    }

    /** Returns the largest elements of the full circuit. */
    public List<FactoredMatrix.Entry> top(int k, IntConsumer done) {
        return full().matrix.top(k, done);
    }

    private FactoredMatrix over(int[] rowTokens, int[] columnTokens) {
        return new FactoredMatrix(through(rows, matrix.left(), rowTokens),
                through(columns, matrix.right().transpose(), columnTokens).transpose());
    }

    /** Maps the first axis of a factor [.., rank] to these tokens. */
    private Tensor through(Space space, Tensor factor, int[] tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= model.configuration().dVocab())
                throw new UsageException("no token " + token + ": this model's ids run from 0 to "
                        + (model.configuration().dVocab() - 1));
        }
        Tensor gained = factor;
        if (space == Space.UNEMBEDDING && folded) {
            Tensor gain = new Matrices(model.configuration(), model.weights()).get(ParameterSpec.NORM_FINAL);
            gained = factor.rename(factor.shape().names().getFirst(), "dModel").mul(gain);
        }
        Tensor vectors = gained.transpose().copy();   // [rank, …]
        int rank = vectors.shape().size(0);
        Tensor result = Tensor.zeros(Shape.of("rank", rank, "token", tokens.length));
        if (space == Space.TOKENS) {
            for (int i = 0; i < tokens.length; i++)
                result.at("token", i).assign(vectors.at(vectors.shape().names().get(1), tokens[i]));
            return result.transpose();
        }
        Parameters parameters = new Parameters(model.configuration());
        Weight table = model.weights().get(
                (space == Space.EMBEDDING ? parameters.get(ParameterSpec.EMBEDDING) : parameters.unembedding()).name());
        MemorySegment in = vectors.data(), out = result.data();
        for (int from = 0; from < tokens.length;) {
            int to = from + 1;
            while (to < tokens.length && tokens[to] == tokens[to - 1] + 1) to++;   // consecutive tokens in one product
            Products.multiply(in, rank, table, tokens[from], to - from, out.asSlice((long) from * Float.BYTES),
                    tokens.length);
            from = to;
        }
        return result.transpose();
    }

    @Override public String toString() {
        String of = rows == Space.TOKENS ? "tokens × tokens" : "residual stream × residual stream";
        return "Circuit " + matrix + ", " + of + (folded ? ", norm gains folded in" : "");
    }
}
