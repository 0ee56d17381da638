package org.tornadolens.intervention;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** A subspace: orthonormal rows, [direction, size of a vector]. */
public record Basis(Tensor rows) implements Source {

    private static final double DEPENDENT = 1e-6;   // of a direction's length, what must be left of it outside the others' span

    /** The span of one vector or of several, [.., size], in double precision and orthogonalised twice. */
    public static Basis of(Tensor directions) {
        int rank = directions.shape().rank();
        if (rank == 0) throw new UsageException("a direction is a vector; this is a number");
        int d = directions.shape().size(rank - 1), n = (int) (directions.elements() / d);
        Tensor flat = directions.reshape(Shape.of("direction", n, "component", d));
        double[][] basis = new double[n][d];
        for (int k = 0; k < n; k++) {
            for (int c = 0; c < d; c++) basis[k][c] = flat.get(k, c);
            double length = norm(basis[k]);
            if (!(length > 0 && Double.isFinite(length)))
                throw new UsageException(
                        "direction " + k + " has the length " + length + "; a direction has a positive one");
            for (int pass = 0; pass < 2; pass++) for (int j = 0; j < k; j++) subtractProjection(basis[k], basis[j]);
            double left = norm(basis[k]);
            if (left < DEPENDENT * length)
                throw new UsageException("direction " + k + " lies in the span of those before it; leave it out");
            for (int c = 0; c < d; c++) basis[k][c] /= left;
        }
        Tensor rows = Tensor.zeros(flat.shape());
        for (int k = 0; k < n; k++) for (int c = 0; c < d; c++) rows.set((float) basis[k][c], k, c);
        return new Basis(rows);
    }

    private static double norm(double[] x) { return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum()); }

    private static void subtractProjection(double[] x, double[] unit) {
        double along = 0;
        for (int c = 0; c < x.length; c++) along += x[c] * unit[c];
        for (int c = 0; c < x.length; c++) x[c] -= along * unit[c];
    }

    public int directions() { return rows.shape().size(0); }

    @Override public Value lent(String name, Value at) {
        return Value.of(name, new Value.Dimension("direction", new Size.Fixed(directions())),
                at.dimensions().getLast());
    }

    @Override public Tensor bind(Site site, Value at, Selection selection, Optional<List<Integer>> held, Sizes sizes,
            int[] padding) {
        Shape shape = at.shape(sizes);
        int d = shape.size(shape.rank() - 1);
        if (rows.shape().size(1) != d) {
            throw new UsageException("project on " + site.value() + ": the direction has " + rows.shape().size(1)
                    + " components, and vectors there have " + d + " (" + shape.names().getLast() + ")");
        }
        return rows;
    }

    @Override public Object dependence(Site site, Value at, Selection selection) { return this; }

    @Override public boolean standing() { return true; }
}
