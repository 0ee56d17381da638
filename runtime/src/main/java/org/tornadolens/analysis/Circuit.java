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
 * What a head does with the residual stream, as a matrix of rank dHead (Elhage et al. 2021): its OV circuit W_V W_O says
 * what it writes of what it reads, its QK circuit W_Q W_Kᵀ which destination attends to which source. Products, sums and
 * multiples of circuits are circuits: several heads' OV circuits added up are one head that does what they do together.
 *
 * <p>Over the vocabulary a circuit is W_E OV W_U or W_E QK W_Eᵀ ({@link #full}), a matrix of tokens by tokens. Entries are
 * always asked for by tokens.
 *
 * @param rows    how tokens get to the matrix's rows
 * @param columns and to its columns
 * @param folded  whether the gains of RMSNorm are part of it
 */
public record Circuit(Model model, Space rows, Space columns, boolean folded, FactoredMatrix matrix) {

    /** What an axis of a circuit runs over. */
    public enum Space {
        /** The residual stream that a token's embedding lies in. */
        EMBEDDING,
        /** The residual stream that logits are read from. */
        UNEMBEDDING,
        /** Tokens. */
        TOKENS
    }

    private static final long MOST_ELEMENTS = 1L << 28;   // that are multiplied out: 1 GB

    /**
     * W_V W_O of a query head, of its group's W_V under grouped-query attention.
     *
     * @param folded with the gain of the norm before attention; of the last norm in the full circuit
     */
    public static Circuit ov(Model model, Head head, boolean folded) {
        Matrices matrices = matrices(model, head);
        Tensor value = matrices.get(ParameterSpec.W_V, head.layer()).at("kvHead",
                head.head() / model.configuration().headsPerKv());   // [dModel, dHead]
        Tensor output = matrices.get(ParameterSpec.W_O, head.layer()).at("head", head.head());                                        // [dHead, dModel]
        if (folded) value = value.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
        return new Circuit(model, Space.EMBEDDING, Space.UNEMBEDDING, folded, new FactoredMatrix(value, output.copy()));
    }

    /**
     * W_Q R(offset) W_Kᵀ of a query head, of its group's W_K under grouped-query attention: R turns by the rotary angles
     * of {@code offset} = destination - source (Su et al. 2021). Scores are x_dest · this · x_src / √dHead, x after the norm,
     * without what biases add; where queries and keys are normalized, their gains are part of it and their scales are not.
     */
    public static Circuit qk(Model model, Head head, int offset, boolean folded) {
        Matrices matrices = matrices(model, head);
        Tensor query = turned(model.configuration(), queries(matrices, head.layer()).at("head", head.head()), offset);   // [dModel, dHead]
        Tensor key = keys(matrices, head.layer()).at("kvHead", head.head() / model.configuration().headsPerKv());
        if (folded) {
            query = query.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
            key = key.mul(matrices.get(ParameterSpec.NORM_1, head.layer()));
        }
        return new Circuit(model, Space.EMBEDDING, Space.EMBEDDING, folded, new FactoredMatrix(query, key.transpose()));
    }

    /** How queries follow from what heads read, [head, dModel, dHead], up to the scale of their norm where they have one. */
    static Tensor queries(Matrices matrices, int layer) {
        return gained(matrices, ParameterSpec.W_Q, ParameterSpec.NORM_Q, layer);
    }

    /** The same of keys, [kvHead, dModel, dHead]. */
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

    /** A head's queries, [dModel, dHead], with every row turned by the rotary angles of {@code offset} positions. */
    static Tensor turned(Configuration c, Tensor weight, int offset) {
        Rotary rotary = c.rotary();
        double magnitude = rotary.magnitude() * rotary.magnitude();   // of the query and of the key
        if (offset == 0) return magnitude == 1 ? weight : weight.mul((float) magnitude);
        List<Double> frequencies = rotary.frequencies();
        int half = c.dHead() / 2;
        Tensor cos = Tensor.zeros(Shape.of("dHead", half)), sin = Tensor.zeros(Shape.of("dHead", half));
        for (int i = 0; i < half; i++) {
            cos.set((float) (magnitude * Math.cos(offset * frequencies.get(i))), i);
            sin.set((float) (magnitude * Math.sin(offset * frequencies.get(i))), i);
        }
        Tensor first = weight.slice("dHead", 0, half), second = weight.slice("dHead", half, 2 * half);
        Tensor turned = Tensor.zeros(weight.shape());
        turned.slice("dHead", 0, half).assign(first.mul(cos).sub(second.mul(sin)));
        turned.slice("dHead", half, 2 * half).assign(second.mul(cos).add(first.mul(sin)));
        return turned;
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
            throw new UsageException("a sum of " + this + " and " + other + ": they read or write different things");
        return new Circuit(model, rows, columns, folded, matrix.plus(other.matrix));
    }

    public Circuit scaled(double factor) { return new Circuit(model, rows, columns, folded, matrix.scaled(factor)); }

    // ---- over the vocabulary

    /** The circuit from tokens to tokens, still in factors: [dVocab, rank] · [rank, dVocab]. */
    public Circuit full() {
        if (rows == Space.TOKENS && columns == Space.TOKENS) return this;
        int[] all = IntStream.range(0, model.configuration().dVocab()).toArray();
        return new Circuit(model, Space.TOKENS, Space.TOKENS, folded, over(all, all));
    }

    /** Σ Re λ / Σ |λ| over the eigenvalues of the full circuit: 1 where every token raises itself most, -1 where it lowers itself. */
    public double copyingScore() {
        return full().matrix.eigenvalues().positivity();
    }

    /** The full circuit's elements at these tokens, [row, column]. */
    public Tensor dense(int[] rowTokens, int[] columnTokens) {
        if ((long) rowTokens.length * columnTokens.length > MOST_ELEMENTS) {
            throw new UsageException(rowTokens.length + " × " + columnTokens.length
                    + " elements are more than a tensor of 1 GB holds: name fewer tokens, or use top(k), which looks at all");
        }
        return over(rowTokens, columnTokens).dense();
    }

    /** The full circuit's elements [t, t] for every token t: whether it raises itself. */
    public Tensor diagonal() {
        return full().matrix.diagonal().rename("column", "dVocab");
    }

    /** The full circuit's largest elements. */
    public List<FactoredMatrix.Entry> top(int k, IntConsumer done) {
        return full().matrix.top(k, done);
    }

    private FactoredMatrix over(int[] rowTokens, int[] columnTokens) {
        return new FactoredMatrix(through(rows, matrix.left(), rowTokens),
                through(columns, matrix.right().transpose(), columnTokens).transpose());
    }

    /** A factor [.., rank] whose first axis becomes these tokens. */
    private Tensor through(Space space, Tensor factor, int[] tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= model.configuration().dVocab())
                throw new UsageException("no token " + token + ": this model's ids run from 0 to "
                        + (model.configuration().dVocab() - 1));
        }
        Tensor gained =
                space == Space.UNEMBEDDING && folded
                        ? factor.rename(factor.shape().names().getFirst(), "dModel")
                                .mul(new Matrices(model.configuration(), model.weights()).get(ParameterSpec.NORM_FINAL))
                        : factor;
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
            while (to < tokens.length && tokens[to] == tokens[to - 1] + 1) to++;   // neighbours in one product
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
