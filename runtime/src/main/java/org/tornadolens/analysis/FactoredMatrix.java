package org.tornadolens.analysis;

import static org.tornadolens.analysis.Dense.doubles;
import static org.tornadolens.analysis.Dense.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.tornadolens.UsageException;
import org.tornadolens.linalg.Products;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/**
 * A matrix in factored form, {@code left · right}, which is not multiplied out: the circuit of a head is dModel ×
 * dModel, or over the vocabulary dVocab × dVocab, and has rank dHead (Elhage et al. 2021).
 *
 * @param left  [row, rank]
 * @param right [rank, column]
 */
public record FactoredMatrix(Tensor left, Tensor right) {

    /** An element of the matrix with its indices. */
    public record Entry(int row, int column, float value) {}

    /**
     * The singular value decomposition u · diag(s) · vᵀ.
     *
     * @param u [row, component], orthonormal columns
     * @param s singular values, largest first; as many as the smallest of rows, columns and rank
     * @param v [column, component], orthonormal columns
     */
    public record Svd(Tensor u, double[] s, Tensor v) {}

    private static final int BLOCK = 4 << 20;   // elements multiplied out at a time in a search over all

    public FactoredMatrix {
        left = named(left, "row", "rank");
        right = named(right, "rank", "column");
        if (left.shape().size(1) != right.shape().size(0)) {
            throw new UsageException(
                    "the factors " + left.shape() + " and " + right.shape() + " differ in rank");
        }
    }

    private static Tensor named(Tensor factor, String first, String second) {
        List<String> names = factor.shape().names();
        if (names.size() != 2) throw new UsageException("a factor has two axes, not " + factor.shape());
        return factor.rename(names.get(0), "first axis").rename(names.get(1), second).rename("first axis", first);
    }

    public int rows() { return left.shape().size(0); }

    public int columns() { return right.shape().size(1); }

    /** Returns the rank of the factors, an upper bound of the rank of the matrix. */
    public int rank() {
        return left.shape().size(1);
    }

    // ---- arithmetic

    public FactoredMatrix transpose() { return new FactoredMatrix(right.transpose(), left.transpose()); }

    /** Returns the product, whose factors have the smaller of the two ranks. */
    public FactoredMatrix times(FactoredMatrix other) {
        if (columns() != other.rows())
            throw new UsageException("a product of " + this + " and " + other + ": " + columns() + " columns meet "
                    + other.rows() + " rows");
        Tensor middle = right.rename("rank", "outer").matmul(other.left);   // [outer, rank]
        return rank() <= other.rank() ? new FactoredMatrix(left, middle.matmul(other.right))
                : new FactoredMatrix(left.matmul(middle), other.right);
    }

    /** Returns the sum, whose rank is the sum of the ranks. */
    public FactoredMatrix plus(FactoredMatrix other) {
        if (rows() != other.rows() || columns() != other.columns())
            throw new UsageException("a sum of " + this + " and " + other + ": their sizes differ");
        Tensor lefts = Tensor.zeros(Shape.of("row", rows(), "rank", rank() + other.rank()));
        lefts.slice("rank", 0, rank()).assign(left);
        lefts.slice("rank", rank(), rank() + other.rank()).assign(other.left);
        Tensor rights = Tensor.zeros(Shape.of("rank", rank() + other.rank(), "column", columns()));
        rights.slice("rank", 0, rank()).assign(right);
        rights.slice("rank", rank(), rank() + other.rank()).assign(other.right);
        return new FactoredMatrix(lefts, rights);
    }

    public FactoredMatrix scaled(double factor) { return new FactoredMatrix(left.mul(factor), right); }

    // ---- numbers

    /** Returns the Frobenius norm. */
    public double norm() {
        // ‖L R‖² = Σ (LᵀL) ∘ (R Rᵀ), in double precision, since the sum may cancel
        DMatrixRMaj reading = new DMatrixRMaj(rank(), rank()), writing = new DMatrixRMaj(rank(), rank());
        CommonOps_DDRM.multInner(doubles(left), reading);
        CommonOps_DDRM.multOuter(doubles(right), writing);
        double sum = 0;
        for (int i = 0; i < reading.getNumElements(); i++) sum += reading.data[i] * writing.data[i];
        return Math.sqrt(Math.max(0, sum));
    }

    public double trace() {
        requireSquare("a trace");
        return left.transpose("rank", "row").rename("row", "column").mul(right).sum();
    }

    /**
     * Returns the eigenvalues that may be non-zero, largest magnitude first: those of the rank × rank matrix
     * {@code right · left}, or of the matrix itself if that is smaller.
     */
    public Eigenvalues eigenvalues() {
        requireSquare("eigenvalues");
        Tensor small = rank() <= rows() ? right.rename("rank", "i").matmul(left.rename("rank", "j"))
                : left.matmul(right);
        return Eigenvalues.of(doubles(small)).largestFirst();
    }

    private void requireSquare(String what) {
        if (rows() != columns()) throw new UsageException(what + " takes a square matrix, not " + this);
    }

    /** Computes the SVD by QR decompositions of the factors, so that nothing larger than a factor is decomposed. */
    public Svd svd() {
        QRDecomposition<DMatrixRMaj> ofLeft = qr(doubles(left)), ofRight = qr(doubles(right.transpose()));
        DMatrixRMaj l = ofLeft.getR(null, true), r = ofRight.getR(null, true);
        DMatrixRMaj core = new DMatrixRMaj(l.numRows, r.numRows);
        CommonOps_DDRM.multTransB(l, r, core);
        SingularValueDecomposition_F64<DMatrixRMaj> svd =
                DecompositionFactory_DDRM.svd(core.numRows, core.numCols, true, true, true);
        if (!svd.decompose(core))
            throw new ArithmeticException(
                    "the singular values of " + this + " cannot be found; does it hold NaN or infinities?");
        DMatrixRMaj u = svd.getU(null, false), w = svd.getW(null), v = svd.getV(null, false);
        SingularOps_DDRM.descendingOrder(u, false, w, v, false);
        int count = Math.min(core.numRows, core.numCols);
        double[] s = new double[count];
        for (int i = 0; i < count; i++) s[i] = w.get(i, i);
        return new Svd(basis(ofLeft, u, count, "row"), s, basis(ofRight, v, count, "column"));
    }

    private QRDecomposition<DMatrixRMaj> qr(DMatrixRMaj factor) {
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(factor.numRows, factor.numCols);
        if (!qr.decompose(factor))
            throw new ArithmeticException(
                    "the factors of " + this + " cannot be decomposed; do they hold NaN or infinities?");
        return qr;
    }

    private static Tensor basis(QRDecomposition<DMatrixRMaj> qr, DMatrixRMaj inside, int count, String axis) {
        DMatrixRMaj q = qr.getQ(null, true), basis = new DMatrixRMaj(q.numRows, inside.numCols);
        CommonOps_DDRM.mult(q, inside, basis);
        return tensor(basis, axis, "component").slice("component", 0, count).copy();
    }

    // ---- elements

    /** Returns all elements, [row, column]. */
    public Tensor dense() { return left.matmul(right); }

    /** Returns the elements [i, i]. */
    public Tensor diagonal() {
        requireSquare("a diagonal");
        return left.rename("row", "column").mul(right).sum("rank");
    }

    /** Returns the k largest elements, largest first, computed block by block; NaN is skipped. */
    public List<Entry> top(int k) {
        return top(k, rows -> {});
    }

    /** @param done receives the number of rows searched */
    public List<Entry> top(int k, IntConsumer done) {
        if (k < 1) throw new UsageException("top(" + k + "): ask for at least one");
        PriorityQueue<Entry> best = new PriorityQueue<>(Comparator.comparingDouble(Entry::value));
        Tensor rows = left.contiguous() ? left : left.copy();
        Weight across = new Weight("columns", DType.F32, columns(), rank(), right.transpose().copy().data());
        int block = Math.clamp(BLOCK / columns(), 1, rows());
        Tensor product = Tensor.zeros(Shape.of("row", block, "column", columns()));
        for (int from = 0; from < rows(); from += block) {
            int count = Math.min(block, rows() - from);
            Products.multiply(rows.slice("row", from, from + count).data(), count, across, product.data());
            collect(product, from, count, k, best);
            done.accept(from + count);
        }
        List<Entry> top = new ArrayList<>(best);
        top.sort(Comparator.comparingDouble(Entry::value).reversed().thenComparingInt(Entry::row)
                .thenComparingInt(Entry::column));
        return top;
    }

    private void collect(Tensor product, int from, int count, int k, PriorityQueue<Entry> best) {
        float[] row = new float[columns()];
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(product.data(), ValueLayout.JAVA_FLOAT, (long) i * row.length * Float.BYTES, row, 0,
                    row.length);
            float least = best.size() < k ? Float.NEGATIVE_INFINITY : best.peek().value;
            for (int column = 0; column < row.length; column++) {
                if (!(row[column] > least)) continue;
                best.add(new Entry(from + i, column, row[column]));
                if (best.size() > k) best.poll();
                if (best.size() == k) least = best.peek().value;
            }
        }
    }

    @Override public String toString() { return rows() + " × " + columns() + " of rank " + rank(); }
}
