package org.tornadolens.tornado;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Sizes;
import org.tornadolens.tensor.Weight;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Products with weights. Few rows go through the weights as they are stored, once for each row; for many, a weight that
 * is not f32 is decoded first, a stripe at a time.
 */
final class Products {

    static final int FEW = 4;   // rows of activations

    private final Device device;
    private final WeightStore store;
    private final Layout layout;
    private final Tape tape;
    private int scratch;
    private long scratchSize;

    Products(Device device, WeightStore store, Layout layout, Tape tape) {
        this.device = device;
        this.store = store;
        this.layout = layout;
        this.tape = tape;
    }

    /** Memory for what an operation leaves for its next kernel; the operation after it writes over it. */
    int scratch(long floats) {
        if (floats > scratchSize) {
            scratch = layout.take(floats, "room for intermediate results");
            scratchSize = floats;
        }
        return scratch;
    }

    /** out [m, rows] = x [m, columns] · Wᵀ. */
    void project(Operation origin, Weight w, int x, int m, int out) {
        WeightStore.Place place = store.place(w);
        if (m <= device.tuning().oneByOne(place.type())) {
            int[] arguments = {x, m, w.columns(), store.ones(w.columns()), -1, -1, place.at(), w.rows(), out,
                    0, 0, 0, 0, 0, 0, 0, -1, -1, -1};
            tape.add(origin, place.type().matrixVector(), place.array(), arguments);
            return;
        }
        stripes(origin, w, (decoded, row, rows) -> product(origin, decoded, x, w.columns(), m, w.columns(), rows,
                w.columns(), out + row, w.rows(), ONE));
    }

    /** Every head's own input through its own rows of W: x [m, heads, columns], out [m, heads, dHead]. */
    void projectHeads(Operation origin, Weight w, int x, int m, int heads, int out) {
        int d = w.columns(), dHead = w.rows() / heads;
        stripes(origin, w, dHead,
                (decoded, row, rows) -> product(origin, decoded, x + row / dHead * d, heads * d, m, d, dHead, d,
                        out + row, heads * dHead,
                        each(rows / dHead, head -> new int[]{head * d, head * dHead * d, head * dHead})));
    }

    /** Some heads' own columns of W: z [m, heads, dHead], out [m, some, rows]. */
    void headResult(Operation.HeadResult o, Weight w, int z, int m, int dHead, int out) {
        int n = o.heads().size();
        int[] heads = each(n, i -> new int[]{o.heads().get(i) * dHead, o.heads().get(i) * dHead, i * w.rows()});
        stripes(o, w, (decoded, row, rows) -> product(o, decoded, z, w.columns(), m, w.columns(), rows, dHead,
                out + row, n * w.rows(), heads));
    }

    // ---- backwards

    /** dx [m, columns] = dy [m, rows] · W; what later stripes give is added. */
    void projectInput(Operation origin, Weight w, int dy, int m, int out) {
        int n = m * w.columns();
        stripes(origin, w, 1, (decoded, row, rows) -> {
            int target = row == 0 ? out : scratch(n);
            through(origin, decoded, dy + row, w.rows(), m, w.columns(), rows, w.columns(), target, w.columns(), ONE);
            if (row > 0) add(origin, out, target, n);
        });
    }

    /** Every head's own gradient back through its own rows of W: dy [m, heads, dHead], out [m, heads, columns]. */
    void projectHeadsInput(Operation origin, Weight w, int dy, int m, int heads, int out) {
        int d = w.columns(), dHead = w.rows() / heads;
        stripes(origin, w, dHead,
                (decoded, row, rows) -> through(origin, decoded, dy + row, w.rows(), m, d, dHead, d,
                        out + row / dHead * d, heads * d,
                        each(rows / dHead, head -> new int[]{head * dHead, head * dHead * d, head * d})));
    }

    /** Some heads' results back through their own columns of W: dy [m, some, rows], out [m, heads, dHead], zero for the others. */
    void headResultInput(Derivative.HeadResultInput o, Weight w, int dy, int m, int dHead, int out) {
        int some = o.heads().size(), n = m * w.columns();
        int[] heads = each(some, i -> new int[]{i * w.rows(), o.heads().get(i) * dHead, o.heads().get(i) * dHead});
        stripes(o, w, 1, (decoded, row, rows) -> {
            int target = row == 0 ? out : scratch(n);
            tape.add(o, Kernel.CLEAR, null, target, n);
            through(o, decoded, dy + row, some * w.rows(), m, w.columns(), rows, dHead, target, w.columns(), heads);
            if (row > 0) add(o, out, target, n);
        });
    }

    private void add(Operation origin, int out, int more, int n) {
        tape.add(origin, Kernel.ADD, null, out, more, n, out);
    }

    private void through(Operation origin, Decoded w, int dy, int dyStride, int m, int wStride, int rows, int columns,
            int out, int outStride, int[] offsets) {
        tape.add(origin, Kernel.PRODUCT_INPUT_BACK, w.array(), dy, dyStride, 1, m, w.at(), wStride, rows, columns, out,
                outStride, offsets.length / 3, tape.list(offsets));
    }

    /**
     * dW [rows, columns] = dyᵀ · x, of m rows of each.
     *
     * @param offsets of each of several such products: in dy, x and dW ({@link #each})
     */
    void weightGradient(Operation origin, int dy, int dyStride, int rows, int x, int xStride, int columns, int m,
            int out, int outStride, int[] offsets) {
        tape.add(origin, Kernel.PRODUCT_WEIGHT_BACK, null, dy, 1, dyStride, rows, x, xStride, m, columns, out,
                outStride, offsets.length / 3, tape.list(offsets));
    }

    // ---- few rows

    /**
     * A norm, up to three products that read it, their biases, the SwiGLU of two or the addition after one, as one
     * launch.
     *
     * @return false, and nothing done, where the weights do not go together or the rows are many
     */
    boolean vector(Fusions.Projection fused, Function<String, Weight> weights, Sizes sizes) {
        List<Fusions.Product> products = fused.products();
        Weight first = weights.apply(products.getFirst().project().weight().name());
        int k = first.columns(), m = (int) (fused.x().elements(sizes) / k);
        if (m > FEW) return false;
        TornadoNativeArray array = store.place(first).array();
        StoredType type = store.place(first).type();
        int[] arguments = new int[19];
        arguments[0] = layout.address(fused.x());
        arguments[1] = m;
        arguments[2] = k;
        arguments[3] =
                fused.norm().map(n -> store.vector(weights.apply(n.gain().name()))).orElseGet(() -> store.ones(k));
        arguments[4] = fused.norm().map(n -> device.number(n.eps())).orElse(-1);
        arguments[5] = fused.residual().map(layout::address).orElse(-1);
        Arrays.fill(arguments, 16, 19, -1);
        for (int i = 0; i < products.size(); i++) {
            Fusions.Product product = products.get(i);
            Weight w = weights.apply(product.project().weight().name());
            WeightStore.Place place = store.place(w);
            if (place.array() != array || place.type() != type) return false;
            boolean own = fused.residual().isEmpty() && !fused.pairs();
            arguments[6 + 3 * i] = place.at();
            arguments[7 + 3 * i] = w.rows();
            arguments[8 + 3 * i] = layout.address(own ? product.out() : fused.out());
            arguments[16 + i] = product.bias().map(b -> store.vector(weights.apply(b.bias().name()))).orElse(-1);
        }
        arguments[15] = fused.pairs() ? 1 : 0;
        tape.add(products.getFirst().project(), type.matrixVector(), array, arguments);
        return true;
    }

    // ---- many rows

    /** Rows of an f32 matrix: where they lie, in a pool or decoded. */
    private record Decoded(TornadoNativeArray array, int at) {}

    private interface Stripe { void use(Decoded decoded, int row, int rows); }

    private void stripes(Operation origin, Weight w, Stripe stripe) { stripes(origin, w, 1, stripe); }

    /**
     * All rows of a matrix at once where it is f32, else as many at a time as there is room to decode.
     *
     * @param together rows that are not to be parted
     */
    private void stripes(Operation origin, Weight w, int together, Stripe stripe) {
        WeightStore.Place place = store.place(w);
        if (place.type() == StoredType.F32) {
            stripe.use(new Decoded(place.array(), place.at()), 0, w.rows());
            return;
        }
        int most = Math.clamp(WeightStore.DECODED / w.columns() / together * together, together, w.rows());
        for (int row = 0; row < w.rows(); row += most) {
            int rows = Math.min(most, w.rows() - row);
            tape.add(origin, place.type().embed(), store.decoded(), place.array(), -1, rows, w.columns(),
                    place.at(), Device.FIRST, row);
            stripe.use(new Decoded(store.decoded(), Device.FIRST), row, rows);
        }
    }

    private void product(Operation origin, Decoded w, int x, int xStride, int m, int wStride, int rows, int k, int out,
            int outStride, int[] offsets) {
        tape.add(origin, Kernel.MATRIX_PRODUCT, w.array(), x, xStride, m, w.at(), wStride, rows, k, out,
                outStride, offsets.length / 3, tape.list(offsets));
    }

    /** Products of one shape that make one launch: where each finds its two factors and leaves its result, from the first's places on. */
    static final int[] ONE = {0, 0, 0};

    /** Those of heads, say. */
    static int[] each(int n, IntFunction<int[]> offsets) {
        return IntStream.range(0, n).mapToObj(offsets).flatMapToInt(Arrays::stream).toArray();
    }
}
