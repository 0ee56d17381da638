package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tornadolens.program.Operation;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tornado.kernels.Embedding.EmbeddedRows;
import org.tornadolens.tornado.kernels.MatrixProductLanes.ManyRows;
import org.tornadolens.tornado.kernels.MatrixVector;
import org.tornadolens.tornado.kernels.MatrixVector.FewRows;
import org.tornadolens.tornado.kernels.ProductGradient.ProductBack;
import org.tornadolens.tornado.kernels.SumGradient.Clear;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Writes the kernels of products with weights on the tape. A few rows go through the weights as they are stored, once
 * for each row; for many, a weight that is not f32 is decoded first, a stripe of rows at a time.
 */
final class Products {

    static final int FEW = 4;   // rows of activations

    private final RunContext run;
    private final WeightStore store;

    Products(RunContext run) {
        this.run = run;
        store = run.store();
    }

    /** Writes out [m, rows] = x [m, columns] · Wᵀ. */
    void project(Operation o, Weight w, int x, int m, int out) {
        WeightStore.Place place = store.place(w);
        int k = w.columns();
        if (m <= run.tuning().oneByOne(place.type())) {
            Activations all = new Activations(x, m, k, store.ones(k), -1);
            fewRows(o, place, all, -1, false, List.of(new Matrix(place.at(), w.rows(), out, -1)));
            return;
        }
        stripes(o, w, 1, (stripe, row, rows) -> product(o, stripe, ONE).set(ManyRows.X, x)
                .set(ManyRows.X_STRIDE, k).set(ManyRows.LINES, m).set(ManyRows.MATRIX_STRIDE, k)
                .set(ManyRows.ROWS, rows).set(ManyRows.K, k).set(ManyRows.OUT, out + row)
                .set(ManyRows.OUT_STRIDE, w.rows()).add());
    }

    /** Writes every head's own input through its own rows of W: x [m, heads, columns], out [m, heads, dHead]. */
    void projectHeads(Operation o, Weight w, int x, int m, int heads, int out) {
        int d = w.columns(), dHead = w.rows() / heads;
        stripes(o, w, dHead, (stripe, row, rows) -> {
            int[] offsets = each(rows / dHead, head -> new int[]{head * d, head * dHead * d, head * dHead});
            product(o, stripe, offsets).set(ManyRows.X, x + row / dHead * d).set(ManyRows.X_STRIDE, heads * d)
                    .set(ManyRows.LINES, m).set(ManyRows.MATRIX_STRIDE, d).set(ManyRows.ROWS, dHead)
                    .set(ManyRows.K, d).set(ManyRows.OUT, out + row).set(ManyRows.OUT_STRIDE, heads * dHead).add();
        });
    }

    /** Writes some heads' results by their own columns of W: z [m, heads, dHead], out [m, some, rows]. */
    void headResult(Operation.HeadResult o, Weight w, int z, int m, int dHead, int out) {
        int n = o.heads().size(), k = w.columns();
        int[] offsets = each(n, i -> new int[]{o.heads().get(i) * dHead, o.heads().get(i) * dHead, i * w.rows()});
        stripes(o, w, 1, (stripe, row, rows) -> product(o, stripe, offsets).set(ManyRows.X, z)
                .set(ManyRows.X_STRIDE, k).set(ManyRows.LINES, m).set(ManyRows.MATRIX_STRIDE, k)
                .set(ManyRows.ROWS, rows).set(ManyRows.K, dHead).set(ManyRows.OUT, out + row)
                .set(ManyRows.OUT_STRIDE, n * w.rows()).add());
    }

    // ---- backwards

    /** Writes dx [m, columns] = dy [m, rows] · W; results of later stripes are added. */
    void projectInput(Operation o, Weight w, int dy, int m, int out) {
        int n = m * w.columns();
        stripes(o, w, 1, (stripe, row, rows) -> {
            int target = row == 0 ? out : run.scratch(n);
            inputGradient(o, stripe, ONE).set(ProductBack.A, dy + row).set(ProductBack.A_STRIDE, w.rows())
                    .set(ProductBack.LINES, m).set(ProductBack.B_STRIDE, w.columns()).set(ProductBack.DEPTH, rows)
                    .set(ProductBack.COLUMNS, w.columns()).set(ProductBack.OUT, target)
                    .set(ProductBack.OUT_STRIDE, w.columns()).add();
            if (row > 0) Pass.add(run, o, out, target, n, out);
        });
    }

    /** Writes every head's gradient back through its own rows of W: dy [m, heads, dHead], out [m, heads, columns]. */
    void projectHeadsInput(Operation o, Weight w, int dy, int m, int heads, int out) {
        int d = w.columns(), dHead = w.rows() / heads;
        stripes(o, w, dHead, (stripe, row, rows) -> {
            int[] offsets = each(rows / dHead, head -> new int[]{head * dHead, head * dHead * d, head * d});
            inputGradient(o, stripe, offsets).set(ProductBack.A, dy + row).set(ProductBack.A_STRIDE, w.rows())
                    .set(ProductBack.LINES, m).set(ProductBack.B_STRIDE, d).set(ProductBack.DEPTH, dHead)
                    .set(ProductBack.COLUMNS, d).set(ProductBack.OUT, out + row / dHead * d)
                    .set(ProductBack.OUT_STRIDE, heads * d).add();
        });
    }

    /**
     * Writes some heads' results back through their own columns of W: dy [m, some, rows], out [m, heads, dHead], zero
     * for the other heads.
     */
    void headResultInput(Operation o, List<Integer> heads, Weight w, int dy, int m, int dHead, int out) {
        int some = heads.size(), n = m * w.columns();
        int[] offsets = each(some, i -> new int[]{i * w.rows(), heads.get(i) * dHead, heads.get(i) * dHead});
        stripes(o, w, 1, (stripe, row, rows) -> {
            int target = row == 0 ? out : run.scratch(n);
            run.launch(o, Kernel.CLEAR).set(Clear.OUT, target).set(Clear.ELEMENTS, n).add();
            inputGradient(o, stripe, offsets).set(ProductBack.A, dy + row)
                    .set(ProductBack.A_STRIDE, some * w.rows()).set(ProductBack.LINES, m)
                    .set(ProductBack.B_STRIDE, w.columns()).set(ProductBack.DEPTH, rows)
                    .set(ProductBack.COLUMNS, dHead).set(ProductBack.OUT, target)
                    .set(ProductBack.OUT_STRIDE, w.columns()).add();
            if (row > 0) Pass.add(run, o, out, target, n, out);
        });
    }

    /** Begins dx = dy · W of several products, without their shape. */
    private Launch inputGradient(Operation o, Stripe w, int[] offsets) {
        return run.launch(o, Kernel.PRODUCT_INPUT_BACK).weights(w.array()).set(ProductBack.A_STEP, 1)
                .set(ProductBack.B, w.at()).set(ProductBack.PRODUCTS, offsets.length / PER_PRODUCT)
                .set(ProductBack.OFFSETS, run.tape().list(offsets));
    }

    /**
     * Begins dW [rows, columns] = dyᵀ · x of several products, without their shape.
     *
     * @param rows    rows of dW, which are columns of dy
     * @param offsets what each product adds to dy, x and dW ({@link #each})
     */
    Launch weightGradient(Operation o, int rows, int[] offsets) {
        return run.launch(o, Kernel.PRODUCT_WEIGHT_BACK).set(ProductBack.A_STRIDE, 1).set(ProductBack.LINES, rows)
                .set(ProductBack.PRODUCTS, offsets.length / PER_PRODUCT)
                .set(ProductBack.OFFSETS, run.tape().list(offsets));
    }

    // ---- few rows

    /** @param eps the address of eps, or -1 to leave x unscaled */
    private record Activations(int x, int lines, int k, int gain, int eps) {}

    /** @param bias the address of a bias, or -1 */
    private record Matrix(int at, int rows, int out, int bias) {
        static final Matrix UNUSED = new Matrix(0, 0, 0, -1);
    }

    private static final int MATRICES = 3;   // of one launch

    private void fewRows(Operation o, WeightStore.Place place, Activations all, int residual, boolean pairs,
            List<Matrix> matrices) {
        Launch launch = run.launch(o, place.type().matrixVector()).weights(place.array()).set(FewRows.X, all.x())
                .set(FewRows.LINES, all.lines()).set(FewRows.K, all.k()).set(FewRows.GAIN, all.gain())
                .set(FewRows.EPS, all.eps()).set(FewRows.RESIDUAL, residual).set(FewRows.PAIRS, pairs ? 1 : 0);
        for (int i = 0; i < MATRICES; i++) {
            Matrix matrix = i < matrices.size() ? matrices.get(i) : Matrix.UNUSED;
            int first = MatrixVector.PER_MATRIX * i;
            launch.set(FewRows.MATRIX_0 + first, matrix.at()).set(FewRows.ROWS_0 + first, matrix.rows())
                    .set(FewRows.OUT_0 + first, matrix.out()).set(FewRows.BIAS_0 + i, matrix.bias());
        }
        launch.add();
    }

    /**
     * Writes a norm, up to three products that read it, their biases, and the SwiGLU of two or the addition after one,
     * as one launch.
     *
     * @return false, with nothing written, where the weights differ in type or the rows are many
     */
    boolean fewRows(Fusions.Projection fused) {
        List<Fusions.Product> products = fused.products();
        Weight first = run.weight(products.getFirst().project().weight().name());
        int k = first.columns(), m = run.count(fused.x()) / k;
        if (m > FEW) return false;
        WeightStore.Place shared = store.place(first);
        boolean own = fused.residual().isEmpty() && !fused.pairs();
        List<Matrix> matrices = new ArrayList<>();
        for (Fusions.Product product : products) {
            Weight w = run.weight(product.project().weight().name());
            WeightStore.Place place = store.place(w);
            if (place.array() != shared.array() || place.type() != shared.type()) return false;
            int bias = product.bias().map(b -> run.vector(b.bias().name())).orElse(-1);
            matrices.add(new Matrix(place.at(), w.rows(), run.at(own ? product.out() : fused.out()), bias));
        }
        Optional<Operation.RmsNorm> norm = fused.norm();
        Activations all = new Activations(run.at(fused.x()), m, k,
                norm.map(n -> run.vector(n.gain().name())).orElseGet(() -> store.ones(k)),
                norm.map(n -> run.number(n.eps())).orElse(-1));
        fewRows(products.getFirst().project(), shared, all, fused.residual().map(run::at).orElse(-1), fused.pairs(),
                matrices);
        return true;
    }

    // ---- many rows

    /** Rows of an f32 matrix, in a pool or decoded: the array that they lie in, and where they begin. */
    private record Stripe(TornadoNativeArray array, int at) {}

    private interface StripeWriter { void write(Stripe stripe, int row, int rows); }

    /**
     * Takes all rows of a matrix at once where it is f32, else as many at a time as there is room to decode.
     *
     * @param together rows that must not be separated
     */
    private void stripes(Operation o, Weight w, int together, StripeWriter writer) {
        WeightStore.Place place = store.place(w);
        if (place.type() == StoredType.F32) {
            writer.write(new Stripe(place.array(), place.at()), 0, w.rows());
            return;
        }
        int most = Math.clamp(WeightStore.DECODED / w.columns() / together * together, together, w.rows());
        for (int row = 0; row < w.rows(); row += most) {
            int rows = Math.min(most, w.rows() - row);
            run.launch(o, place.type().embed()).memory(store.decoded()).weights(place.array())
                    .set(EmbeddedRows.LIST, -1).set(EmbeddedRows.FIRST_ROW, row).set(EmbeddedRows.COUNT, rows)
                    .set(EmbeddedRows.WIDTH, w.columns()).set(EmbeddedRows.TABLE, place.at())
                    .set(EmbeddedRows.OUT, Device.FIRST).add();
            writer.write(new Stripe(store.decoded(), Device.FIRST), row, rows);
        }
    }

    /** Begins products of several matrices, without their shape. */
    private Launch product(Operation o, Stripe w, int[] offsets) {
        return run.launch(o, Kernel.MATRIX_PRODUCT).weights(w.array()).set(ManyRows.MATRIX, w.at())
                .set(ManyRows.PRODUCTS, offsets.length / PER_PRODUCT)
                .set(ManyRows.OFFSETS, run.tape().list(offsets));
    }

    private static final int PER_PRODUCT = 3;   // offsets: of the two factors and of the result

    /** The offsets of a product that is alone in its launch. */
    static final int[] ONE = {0, 0, 0};

    /** Concatenates the offsets (first factor, second factor, out) of n equally shaped products, e.g. one per head. */
    static int[] each(int n, IntFunction<int[]> offsets) {
        return IntStream.range(0, n).mapToObj(offsets).flatMapToInt(Arrays::stream).toArray();
    }
}
