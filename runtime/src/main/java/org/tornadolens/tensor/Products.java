package org.tornadolens.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Sums of products: by axis name ({@link #dot}) and by position ({@link #matmul}). */
final class Products {

    private static final String CONTRACTED = "contracted";

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int PANEL = 2 * LANES;   // columns of the right matrix that are packed and multiplied together
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private Products() {}

    /** Contracts all shared axes; the result has the other axes of the left, then those of the right. */
    static Tensor dot(Tensor left, Tensor right) {
        List<String> shared = left.shape().names().stream().filter(name -> right.shape().indexOf(name) >= 0).toList();
        if (shared.isEmpty()) {
            throw new UsageException(
                    "dot contracts shared axes; " + left.shape() + " and " + right.shape() + " have none in common");
        }
        requireEqual("dot", shared, left.shape(), right.shape());
        return contract(left, right, shared);
    }

    /** Sums products over the shared axes that are not among {@code kept}. */
    static Tensor product(Tensor left, Tensor right, Set<String> kept) {
        List<String> shared = left.shape().names().stream().filter(name -> right.shape().indexOf(name) >= 0).toList();
        requireEqual("einsum", shared, left.shape(), right.shape());
        return contract(left, right, shared.stream().filter(name -> !kept.contains(name)).toList());
    }

    /** Multiplies matrices as PyTorch does, except that leading axes of the right are matched by name. */
    static Tensor matmul(Tensor left, Tensor right) {
        Shape a = left.shape(), b = right.shape();
        if (a.rank() == 0 || b.rank() == 0)
            throw new UsageException("matmul of " + a + " and " + b + ": a number has no axis; use mul");
        Axis last = a.axes().getLast(), first = b.axes().get(Math.max(0, b.rank() - 2));
        if (last.size() != first.size()) {
            throw new UsageException("matmul of " + a + " and " + b + ": " + last + " and " + first
                    + " differ; transpose one, or use dot, which contracts axes of the same name");
        }
        Tensor x = left.rename(last.name(), CONTRACTED), y = right.rename(first.name(), CONTRACTED);
        List<String> rows = x.shape().names().subList(0, a.rank() - 1);
        List<String> columns = y.shape().names().stream().filter(name -> !name.equals(CONTRACTED)).toList();
        if (b.rank() > 1 && rows.contains(columns.getLast())) {
            throw new UsageException("matmul of " + a + " and " + b + " would give two axes " + columns.getLast()
                    + "; rename one first");
        }
        requireEqual("matmul", columns.stream().filter(rows::contains).toList(), a, b);
        Tensor product = contract(x, y, List.of(CONTRACTED));
        String[] order = Stream.concat(rows.stream(), columns.stream().filter(name -> !rows.contains(name)))
                .toArray(String[]::new);
        Tensor ordered = Views.transpose(product, order);
        return ordered.contiguous() ? ordered : ordered.copy();
    }

    private static void requireEqual(String operation, List<String> names, Shape a, Shape b) {
        for (String name : names) {
            if (a.size(a.indexOf(name)) != b.size(b.indexOf(name))) {
                throw new UsageException(operation + ": " + name + " differs in " + a + " and " + b);
            }
        }
    }

    /** Returns [batch…, rows…, columns…], where batch are the shared axes that are not contracted. */
    private static Tensor contract(Tensor left, Tensor right, List<String> contracted) {
        Shape a = left.shape(), b = right.shape();
        List<Axis> inner = contracted.stream().map(name -> a.axes().get(a.indexOf(name))).toList();
        List<Axis> batch =
                a.axes().stream().filter(axis -> b.indexOf(axis.name()) >= 0 && !inner.contains(axis)).toList();
        List<Axis> rows = a.axes().stream().filter(axis -> b.indexOf(axis.name()) < 0).toList();
        List<Axis> columns = b.axes().stream().filter(axis -> a.indexOf(axis.name()) < 0).toList();
        int batches = elements(batch), m = elements(rows), k = elements(inner), n = elements(columns);

        MemorySegment x = contiguous(Masks.zeroed(left, contracted), batch, rows, inner),
                y = contiguous(Masks.zeroed(right, contracted), batch, inner, columns);
        Tensor result = Tensor.zeros(new Shape(Stream.of(batch, rows, columns).flatMap(List::stream).toList()));
        for (int i = 0; i < batches; i++) {
            Interruption.check();
            multiply(part(x, i, m, k), part(y, i, k, n), part(result.data(), i, m, n), m, k, n);
        }
        return result.with(
                Masks.anyOf(Masks.both(left.mask(), right.mask()), contracted.toArray(String[]::new)));
    }

    @SafeVarargs private static MemorySegment contiguous(Tensor tensor, List<Axis>... order) {
        Tensor ordered =
                Views.transpose(tensor, Stream.of(order).flatMap(List::stream).map(Axis::name).toArray(String[]::new));
        return (ordered.contiguous() ? ordered : ordered.copy()).data();
    }

    private static MemorySegment part(MemorySegment data, long index, int rows, int columns) {
        long bytes = (long) rows * columns * Float.BYTES;
        return data.asSlice(index * bytes, bytes);
    }

    private static int elements(List<Axis> axes) { return Math.toIntExact(new Shape(axes).elements()); }

    /** Computes c[m, n] = a[m, k] · b[k, n]. */
    private static void multiply(MemorySegment a, MemorySegment b, MemorySegment c, int m, int k, int n) {
        if (n == 1) {
            for (int row = 0; row < m; row++) c.setAtIndex(FLOAT, row, (float) dot(a, (long) row * k, b, k));
            return;
        }
        int panels = (n + PANEL - 1) / PANEL;
        IntStream stream = IntStream.range(0, panels);
        if ((long) m * k * n > 1 << 18) stream = stream.parallel();
        Interruption caller = Interruption.ofThisThread();
        stream.forEach(panel -> panel(a, b, c, m, k, n, panel * PANEL, caller));
    }

    private static double dot(MemorySegment a, long from, MemorySegment b, int k) {
        double sum = 0;
        for (int i = 0; i < k; i++) sum += (double) a.getAtIndex(FLOAT, from + i) * b.getAtIndex(FLOAT, i);
        return sum;
    }

    /** Computes PANEL columns of c: packs the panel of b once, and multiplies four rows of a with it at a time. */
    private static void panel(MemorySegment a, MemorySegment b, MemorySegment c, int m, int k, int n, int from,
            Interruption caller) {
        caller.checkOwner();
        int width = Math.min(PANEL, n - from);
        float[] packed = new float[k * PANEL];   // [k, PANEL], zeros beyond the last column
        for (int i = 0; i < k; i++)
            MemorySegment.copy(b, FLOAT, ((long) i * n + from) * Float.BYTES, packed, i * PANEL, width);
        float[] out = new float[4 * PANEL];
        for (int row = 0; row < m; row += 4) {
            if ((row & 255) == 0) caller.checkOwner();
            int rows = Math.min(4, m - row);
            // the last row stands in for rows beyond the end, whose results are not stored
            tile(a, (long) row * k, (long) Math.min(row + 1, m - 1) * k, (long) Math.min(row + 2, m - 1) * k,
                    (long) Math.min(row + 3, m - 1) * k, packed, k, out);
            for (int r = 0; r < rows; r++) {
                MemorySegment.copy(out, r * PANEL, c, FLOAT, ((long) (row + r) * n + from) * Float.BYTES, width);
            }
        }
    }

    private static void tile(MemorySegment a, long a0, long a1, long a2, long a3, float[] b, int k, float[] out) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
        for (int i = 0; i < k; i++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, i * PANEL),
                    b1 = FloatVector.fromArray(SPECIES, b, i * PANEL + LANES);
            FloatVector x0 = FloatVector.broadcast(SPECIES, a.getAtIndex(FLOAT, a0 + i)),
                    x1 = FloatVector.broadcast(SPECIES, a.getAtIndex(FLOAT, a1 + i));
            FloatVector x2 = FloatVector.broadcast(SPECIES, a.getAtIndex(FLOAT, a2 + i)),
                    x3 = FloatVector.broadcast(SPECIES, a.getAtIndex(FLOAT, a3 + i));
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
        }
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        one.mul(c00).intoArray(out, 0);
        one.mul(c01).intoArray(out, LANES);
        one.mul(c10).intoArray(out, PANEL);
        one.mul(c11).intoArray(out, PANEL + LANES);
        one.mul(c20).intoArray(out, 2 * PANEL);
        one.mul(c21).intoArray(out, 2 * PANEL + LANES);
        one.mul(c30).intoArray(out, 3 * PANEL);
        one.mul(c31).intoArray(out, 3 * PANEL + LANES);
    }
}
