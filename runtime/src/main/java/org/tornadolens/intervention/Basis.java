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

/** An orthonormal basis of a subspace, for projections: [direction, component]. */
public record Basis(Tensor rows) implements Source {

    /** The least length, relative to its own, that a direction must keep outside the span of those before it. */
    private static final double MIN_INDEPENDENT = 1e-6;

    /**
     * Returns a basis of the span of one vector or several, […, component], by Gram-Schmidt in double precision,
     * orthogonalised twice.
     *
     * @throws UsageException if a direction is zero or not finite, or lies in the span of those before it
     */
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
                throw new UsageException("direction " + k + " has length " + length + "; it must be positive");
            for (int pass = 0; pass < 2; pass++) for (int j = 0; j < k; j++) subtractProjection(basis[k], basis[j]);
            double remaining = norm(basis[k]);
            if (remaining < MIN_INDEPENDENT * length)
                throw new UsageException("direction " + k + " lies in the span of those before it; leave it out");
            for (int c = 0; c < d; c++) basis[k][c] /= remaining;
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

    @Override public Object bindingKey(Site site, Value at, Selection selection) { return this; }

    @Override public boolean appliesToNewTokens() { return true; }
}
