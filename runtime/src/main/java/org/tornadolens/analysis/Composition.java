package org.tornadolens.analysis;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.intervention.Head;
import org.tornadolens.linalg.Parallel;
import org.tornadolens.linalg.Products;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/**
 * Composition scores: how much of the output of one head another head in a later layer reads (Elhage et al. 2021). The
 * score is ‖OV₁ · M₂‖ / (‖OV₁‖ ‖M₂‖), between 0 and 1, where M₂ is QK₂ for queries, QK₂ᵀ for keys, OV₂ for values.
 *
 * <p>‖OV₁ M₂‖² is the inner product of two dModel × dModel matrices: OV₁ᵀOV₁ of the earlier head and M₂M₂ᵀ of the later
 * one. The table of all pairs is therefore one product of two matrices with a row for each head, which are computed and
 * multiplied tile by tile of dModel × dModel. This takes a fifth of the arithmetic of multiplying the heads pair by
 * pair, in large products, and keeps 34 million numbers at a time for a 7B model.
 */
public final class Composition {

    /** The input of the later head. */
    public enum Kind { Q, K, V }

    /** Receives the number of completed steps (layers factored, tiles multiplied); may throw to stop. */
    @FunctionalInterface public interface Listener {
        void done(int steps, int all);
    }

    private static final String REMEDY = "choose fewer with from and to";
    private static final int SIDE = 128;      // of a square tile
    private static final int WRITERS = 128;   // earlier heads in one product

    private final Configuration c;
    private final Matrices matrices;
    private final boolean folded;
    private final Listener listener;
    private final Map<String, Tensor> decoded = new HashMap<>();   // weights of one layer: heads are ordered by layer
    private int done, steps;

    private Composition(Model model, boolean folded, Listener listener) {
        this.c = model.configuration();
        this.matrices = new Matrices(c, model.weights());
        this.folded = folded;
        this.listener = listener;
    }

    /**
     * Returns scores [fromLayer, fromHead, toLayer, toHead]; NaN for heads that were not requested, and where {@code
     * to} is not in a later layer.
     *
     * @param offset   destination - source, whose rotation is applied between queries and keys; 0 for values
     * @param folded   whether to include the gain of the later head's norm
     * @param baseline whether to subtract 1/√dModel, the expected score of random subspaces
     */
    public static Tensor of(Model model, Kind kind, List<Head> from, List<Head> to, int offset, boolean folded,
            boolean baseline, Listener listener) {
        if (kind == Kind.V && offset != 0)
            throw new UsageException("composition of values has no offset: values are not rotated");
        Heads heads = Heads.of(from, to);
        long needed = bytes(model.configuration(), heads), free = model.backend().freeMemory();
        if (needed > free)
            throw new MemoryException("composition of " + heads.writers.size() + " heads with " + heads.readers.size(),
                    needed, free, REMEDY);
        Tensor table = empty(model.configuration());
        new Composition(model, folded, listener).fill(table, kind, heads.writers, heads.readers, offset,
                baseline ? 1 / Math.sqrt(model.configuration().dModel()) : 0);
        return table;
    }

    /** Returns the memory of the factors and tiles of these heads in bytes, without the weights. */
    public static long bytes(Configuration c, List<Head> from, List<Head> to) {
        return bytes(c, Heads.of(from, to));
    }

    private static long bytes(Configuration c, Heads heads) {
        long side = Math.min(SIDE, c.dModel()), both = heads.writers.size() + heads.readers.size();
        return both * ((long) c.dModel() * c.dHead() + side * side) * Float.BYTES
                + (long) heads.writers.size() * heads.readers.size() * Double.BYTES;
    }

    /** Returns the multiply-adds of each head's square and of the product that compares all pairs. */
    public static double products(Configuration c, List<Head> from, List<Head> to) {
        Heads heads = Heads.of(from, to);
        double writers = heads.writers.size(), readers = heads.readers.size(),
                square = (double) c.dModel() * c.dModel();
        return square * ((writers + readers) * c.dHead() + writers * readers);
    }

    /** Returns a table in which the score of every pair is {@code value}, for dry runs. */
    public static Tensor planned(Configuration c, List<Head> from, List<Head> to, float value) {
        Tensor table = empty(c);
        Heads heads = Heads.of(from, to);
        for (Head one : heads.writers)
            for (Head two : heads.readers)
                if (one.layer() < two.layer()) table.set(value, one.layer(), one.head(), two.layer(), two.head());
        return table;
    }

    private static Tensor empty(Configuration c) {
        Tensor table = Tensor.zeros(Shape.of("fromLayer", c.nLayers(), "fromHead", c.nHeads(), "toLayer", c.nLayers(),
                "toHead", c.nHeads()));
        table.fill(Float.NaN);
        return table;
    }

    /** The earlier heads and the later heads that may read them, both ordered by layer. */
    private record Heads(List<Head> writers, List<Head> readers) {
        static Heads of(List<Head> from, List<Head> to) {
            int last = to.stream().mapToInt(Head::layer).max().orElse(-1),
                    first = from.stream().mapToInt(Head::layer).min().orElse(Integer.MAX_VALUE);
            List<Head> writers =
                    from.stream().filter(h -> h.layer() < last).sorted(Comparator.comparingInt(Head::layer)).toList();
            List<Head> readers =
                    to.stream().filter(h -> h.layer() > first).sorted(Comparator.comparingInt(Head::layer)).toList();
            if (writers.isEmpty())
                throw new UsageException(
                        "composition: no head of \"to\" is in a later layer than a head of \"from\"");
            return new Heads(writers, readers);
        }
    }

    private void fill(Tensor table, Kind kind, List<Head> writers, List<Head> readers, int offset, double baseline) {
        int perSide = (c.dModel() + SIDE - 1) / SIDE;
        steps = layers(writers) + layers(readers) + perSide * (perSide + 1) / 2;
        double[] writerSquares, readerSquares, products;
        try (OffHeap.Owned memory = new OffHeap.Owned()) {   // gigabytes for a 7B model, freed before the next table
            Factors written = new Factors(writers, this::writing, memory);
            Factors read = new Factors(readers, head -> reading(kind, head, offset), memory);
            products = products(written, read, memory);
            writerSquares = written.squares;
            readerSquares = read.squares;
        }
        decoded.clear();
        for (int i = 0; i < writers.size(); i++) {
            Head one = writers.get(i);
            for (int j = 0; j < readers.size(); j++) {
                Head two = readers.get(j);
                if (one.layer() >= two.layer()) continue;
                double square = Math.max(0, products[i * readers.size() + j]) / writerSquares[i] / readerSquares[j];
                table.set((float) (Math.sqrt(square) - baseline), one.layer(), one.head(), two.layer(), two.head());
            }
        }
    }

    private static Tensor in(OffHeap.Owned memory, Shape shape) {
        return Tensor.over(shape, memory.allocate(shape.elements() * Float.BYTES, "composition of heads", REMEDY));
    }

    private static int layers(List<Head> heads) { return (int) heads.stream().map(Head::layer).distinct().count(); }

    private void step() { listener.done(++done, steps); }

    // ---- factors X of the matrices above, which are XXᵀ

    /** Returns X [dModel, dHead] with XXᵀ = OVᵀOV = W_Oᵀ (W_VᵀW_V) W_O. */
    private Tensor writing(Head head) {
        return output(head).matmul(root(value(head)));
    }

    /** Returns X [dModel, dHead] with XXᵀ = M Mᵀ = A (BᵀB) Aᵀ, where M = A Bᵀ. */
    private Tensor reading(Kind kind, Head head, int offset) {
        return switch (kind) {
            case Q -> query(head, offset).matmul(root(key(head)));
            case K -> key(head).matmul(root(query(head, offset)));
            case V -> value(head).matmul(root(output(head)));
        };
    }

    private Tensor query(Head head, int offset) {
        Tensor weight = decoded("Q", head, layer -> Circuit.queries(matrices, layer)).at("head", head.head());
        return gained(Circuit.rotated(c, weight, offset), head);
    }

    private Tensor key(Head head) {
        return gained(decoded("K", head, layer -> Circuit.keys(matrices, layer)).at("kvHead", group(head)), head);
    }

    private Tensor value(Head head) {
        return gained(decoded("V", head, layer -> matrices.get(ParameterSpec.W_V, layer)).at("kvHead", group(head)),
                head);
    }

    private Tensor output(Head head) {
        return decoded("O", head, layer -> matrices.get(ParameterSpec.W_O, layer)).at("head", head.head()).transpose();
    }

    private int group(Head head) { return head.head() / c.headsPerKv(); }

    private Tensor gained(Tensor weight, Head head) {
        return folded ? weight.mul(matrices.get(ParameterSpec.NORM_1, head.layer())) : weight;
    }

    private Tensor decoded(String name, Head head, IntFunction<Tensor> matrix) {
        Tensor known = decoded.get(name);
        if (known != null) return known;
        decoded.put(name, matrix.apply(head.layer()));
        return decoded.get(name);
    }

    /** Returns S with S Sᵀ = BᵀB for B [dModel, dHead]; by eigenvectors, since the matrix may be singular. */
    private static Tensor root(Tensor b) {
        DMatrixRMaj gram = Dense.doubles(b.transpose().rename("dHead", "i").matmul(b));
        int n = gram.numRows;
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
        if (!eigen.decompose(gram))
            throw new ArithmeticException(
                    "the weights of a head cannot be decomposed; do they hold NaN or infinities?");
        DMatrixRMaj root = new DMatrixRMaj(n, n);
        for (int k = 0; k < n; k++) {
            double scale = Math.sqrt(Math.max(0, eigen.getEigenvalue(k).real));
            for (int i = 0; i < n; i++) root.set(i, k, scale * eigen.getEigenVector(k).get(i));
        }
        return Dense.tensor(root, "dHead", "k");
    }

    // ---- all pairs at once

    private interface Factor { Tensor of(Head head); }

    /** The factors X [dModel, dHead] of all heads, stacked, and the squared norms ‖X‖², which are the traces of XXᵀ. */
    private final class Factors {
        private final List<Head> heads;
        private final Weight rows;        // [heads · dModel, dHead]
        private final double[] squares;   // ‖OV‖² or ‖M‖²

        Factors(List<Head> heads, Factor factor, OffHeap.Owned memory) {
            this.heads = heads;
            Tensor all = in(memory, Shape.of("head", heads.size(), "dModel", c.dModel(), "k", c.dHead()));
            squares = new double[heads.size()];
            for (int from = 0, to; from < heads.size(); from = to) {
                for (to = from + 1; to < heads.size() && heads.get(to).layer() == heads.get(from).layer();) to++;
                decoded.clear();
                put(from, factor, all);      // decodes the weights of this layer
                Interruption caller = Interruption.ofThisThread();
                IntStream.range(from + 1, to).parallel().forEach(i -> {
                    caller.checkOwner();
                    put(i, factor, all);
                });
                step();
            }
            rows = new Weight("factors", DType.F32, Math.multiplyExact(heads.size(), c.dModel()), c.dHead(),
                    all.data());
        }

        private void put(int i, Factor factor, Tensor all) {
            Tensor x = factor.of(heads.get(i));
            all.at("head", i).assign(x);
            squares[i] = Math.pow(x.norm(), 2);
        }

        /** Computes the tile XXᵀ[i … i+m, j … j+n] of every head, row by row: [heads, m · n]. */
        void tile(int i, int m, int j, int n, MemorySegment out) {
            long rowBytes = (long) c.dHead() * Float.BYTES, squareBytes = (long) m * n * Float.BYTES;
            Parallel.range(heads.size(), 1, (begin, end) -> {
                for (int h = begin; h < end; h++) {
                    int row = h * c.dModel();
                    Products.multiply(rows.data().asSlice((row + i) * rowBytes, m * rowBytes), m, rows, row + j, n,
                            out.asSlice(h * squareBytes, squareBytes), n);
                }
            });
        }
    }

    /** Returns ‖OV₁ M₂‖² for every pair whose second head is in a later layer, [writers, readers]. */
    private double[] products(Factors written, Factors read, OffHeap.Owned memory) {
        int writers = written.heads.size(), readers = read.heads.size(), d = c.dModel();
        int side = Math.min(SIDE, d);
        Tensor ofWriters = in(memory, Shape.of("head", writers, "square", side * side)),
                ofReaders = in(memory, Shape.of("head", readers, "square", side * side));
        Tensor product = Tensor.zeros(Shape.of("writer", Math.min(WRITERS, writers), "reader", readers));
        double[] sums = new double[Math.multiplyExact(writers, readers)];
        for (int i = 0; i < d; i += side) {
            for (int j = i; j < d; j += side) {     // the matrices are symmetric
                int m = Math.min(side, d - i), n = Math.min(side, d - j), elements = m * n;
                written.tile(i, m, j, n, ofWriters.data());
                read.tile(i, m, j, n, ofReaders.data());
                Weight later = new Weight("squares", DType.F32, readers, elements,
                        ofReaders.data().asSlice(0, (long) readers * elements * Float.BYTES));
                for (int from = 0; from < writers; from += WRITERS) {
                    int count = Math.min(WRITERS, writers - from), firstLayer = written.heads.get(from).layer();
                    int skipped = (int) read.heads.stream().filter(h -> h.layer() <= firstLayer).count();
                    if (skipped == readers) continue;
                    MemorySegment rows = ofWriters.data().asSlice((long) from * elements * Float.BYTES);
                    Products.multiply(rows, count, later, skipped, readers - skipped, product.data(), readers);
                    add(product.data(), count, readers - skipped, readers, i == j ? 1 : 2, sums,
                            from * readers + skipped);
                }
                step();
            }
        }
        return sums;
    }

    private static void add(MemorySegment product, int rows, int columns, int stride, int times, double[] sums,
            int at) {
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                sums[at + row * stride + column] +=
                        times * (double) product.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * stride + column);
            }
        }
    }
}
