package org.tornadolens.tensor;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** Reductions over one, several or all axes, accumulated in double precision; NaN propagates, padding is left out. */
final class Reductions {

    private Reductions() {}

    /** The state of a reduction, with one slot for each element of the result. */
    private interface Fold {
        /** Adds n elements; element i belongs to slot i·step (step is 0 or 1) and is its index + (1 - step)·i-th. */
        void add(float[] x, int n, int step, long index);

        /** Adds one element to a slot that holds {@code seen} of them, at an index along the reduced axes. */
        void addOne(float x, int slot, long seen, long index);

        double result(int slot, long count);
    }

    static double sum(Tensor tensor) { return reduce("sum", tensor, new Sum(1)); }

    static Tensor sum(Tensor tensor, String... axes) { return reduce("sum", tensor, axes, Sum::new); }

    static double mean(Tensor tensor) { return reduce("mean", tensor, new Mean(1)); }

    static Tensor mean(Tensor tensor, String... axes) { return reduce("mean", tensor, axes, Mean::new); }

    static double norm(Tensor tensor) { return reduce("norm", tensor, new Norm(1)); }

    static Tensor norm(Tensor tensor, String... axes) { return reduce("norm", tensor, axes, Norm::new); }

    static double std(Tensor tensor) { return reduce("std", tensor, new Deviation(1)); }

    static Tensor std(Tensor tensor, String... axes) { return reduce("std", tensor, axes, Deviation::new); }

    static double max(Tensor tensor) { return reduce("max", tensor, new Extreme(1, 1, false)); }

    static Tensor max(Tensor tensor, String... axes) {
        return reduce("max", tensor, axes, slots -> new Extreme(slots, 1, false));
    }

    static double min(Tensor tensor) { return reduce("min", tensor, new Extreme(1, -1, false)); }

    static Tensor min(Tensor tensor, String... axes) {
        return reduce("min", tensor, axes, slots -> new Extreme(slots, -1, false));
    }

    static long argmax(Tensor tensor) { return (long) reduce("argmax", tensor, new Extreme(1, 1, true)); }

    static Tensor argmax(Tensor tensor, String... axes) {
        return reduce("argmax", tensor, axes, slots -> new Extreme(slots, 1, true));
    }

    private static class Sum implements Fold {
        final double[] total;

        Sum(int slots) { total = new double[slots]; }

        @Override public void add(float[] x, int n, int step, long index) {
            for (int i = 0; i < n; i++) total[i * step] += x[i];
        }

        @Override public void addOne(float x, int slot, long seen, long index) { total[slot] += x; }

        @Override public double result(int slot, long count) { return total[slot]; }
    }

    private static final class Mean extends Sum {
        Mean(int slots) { super(slots); }

        @Override public double result(int slot, long count) { return total[slot] / count; }
    }

    private static final class Norm extends Sum {
        Norm(int slots) { super(slots); }

        @Override public void add(float[] x, int n, int step, long index) {
            for (int i = 0; i < n; i++) total[i * step] += (double) x[i] * x[i];
        }

        @Override public void addOne(float x, int slot, long seen, long index) { total[slot] += (double) x * x; }

        @Override public double result(int slot, long count) { return Math.sqrt(total[slot]); }
    }

    /** The largest sign·x, or its first position. */
    private static final class Extreme implements Fold {
        private final double[] best;
        private final long[] where;
        private final int sign;
        private final boolean position;

        Extreme(int slots, int sign, boolean position) {
            best = new double[slots];
            where = new long[slots];
            Arrays.fill(where, -1);
            this.sign = sign;
            this.position = position;
        }

        @Override public void add(float[] x, int n, int step, long index) {
            for (int i = 0; i < n; i++) addOne(x[i], i * step, 0, index + (1 - step) * i);
        }

        @Override public void addOne(float x, int slot, long seen, long index) {
            double value = sign * (double) x;
            boolean first = where[slot] < 0;
            if (first || value > best[slot] || Double.isNaN(value) && !Double.isNaN(best[slot])) {
                best[slot] = value;
                where[slot] = index;
            }
        }

        @Override public double result(int slot, long count) { return position ? where[slot] : sign * best[slot]; }
    }

    /** The running mean and sum of squared deviations (Welford 1962). */
    private static final class Deviation implements Fold {
        private final double[] mean;
        private final double[] squares;

        Deviation(int slots) {
            mean = new double[slots];
            squares = new double[slots];
        }

        @Override public void add(float[] x, int n, int step, long index) {
            for (int i = 0; i < n; i++) addOne(x[i], i * step, index + (1 - step) * i, 0);
        }

        @Override public void addOne(float x, int slot, long seen, long index) {
            double difference = x - mean[slot];
            mean[slot] += difference / (seen + 1);
            squares[slot] += difference * (x - mean[slot]);
        }

        @Override public double result(int slot, long count) { return Math.sqrt(squares[slot] / (count - 1)); }
    }

    /** Reduces over all elements. */
    private static double reduce(String operation, Tensor tensor, Fold fold) {
        if (tensor.elements() == 0)
            throw new UsageException(operation + " of " + tensor.shape() + ": there are no elements");
        Cursor in = new Cursor(tensor), real = new Cursor(Masks.whole(tensor));
        float[] x = new float[Cursor.BUFFER], counts = new float[Cursor.BUFFER];
        boolean padded = tensor.mask().isPresent();
        long index = 0, seen = 0;
        for (int n; (n = in.read(x)) > 0; index += n) {
            if (padded) {
                real.read(counts, n);
                for (int i = 0; i < n; i++) if (counts[i] != 0) fold.addOne(x[i], 0, seen++, index + i);
            } else fold.add(x, n, 0, index);
        }
        if (padded && seen == 0)
            throw new UsageException(operation + " of " + tensor.shape() + ": every element is padding");
        return fold.result(0, padded ? seen : index);
    }

    /**
     * Reduces over some axes. The elements are read in the order [kept, reduced], but with the last axis always last,
     * so that memory is read sequentially whichever axes are reduced.
     */
    private static Tensor reduce(String operation, Tensor tensor, String[] names, IntFunction<Fold> folds) {
        Shape shape = tensor.shape();
        boolean[] reduced = new boolean[shape.rank()];
        for (String name : names) reduced[shape.require(name)] = true;
        int last = shape.rank() - 1;
        boolean inner = last >= 0 && !reduced[last];
        int[] kept = IntStream.rangeClosed(0, last).filter(i -> !reduced[i]).toArray();
        int[] order = IntStream.concat(
                IntStream.concat(Arrays.stream(kept).filter(i -> i < last),
                        IntStream.rangeClosed(0, last).filter(i -> reduced[i])),
                inner ? IntStream.of(last) : IntStream.empty()).toArray();
        long count = IntStream.rangeClosed(0, last).filter(i -> reduced[i]).mapToLong(shape::size).reduce(1,
                Math::multiplyExact);
        if (count == 0) throw new UsageException(operation + " of " + shape + ": there are no elements");

        Tensor result = Tensor.zeros(new Shape(Arrays.stream(kept).mapToObj(shape.axes()::get).toList()));
        boolean padded = tensor.mask().isPresent();
        Cursor in = new Cursor(Views.select(tensor, tensor.offset(), order)), out = new Cursor(result);
        Tensor mask = Masks.whole(tensor);
        Cursor real = padded ? new Cursor(Views.select(mask, mask.offset(), order)) : in;
        int width = inner ? shape.size(last) : 1;
        float[] x = new float[inner ? width : (int) Math.min(count, Cursor.BUFFER)], counts = new float[x.length];
        float[] row = new float[width];
        long[] seen = new long[width];
        for (long made = 0; made < result.elements(); made += width) {
            Fold fold = folds.apply(width);
            Arrays.fill(seen, padded ? 0 : count);
            for (long index = 0; index < count;) {
                int n = in.read(x, inner ? width : (int) Math.min(x.length, count - index));
                if (padded) {
                    real.read(counts, n);
                    for (int i = 0; i < n; i++) {
                        int slot = inner ? i : 0;
                        if (counts[i] != 0) fold.addOne(x[i], slot, seen[slot]++, index + (inner ? 0 : i));
                    }
                } else fold.add(x, n, inner ? 1 : 0, index);
                index += inner ? 1 : n;
            }
            for (int slot = 0; slot < width; slot++)
                row[slot] = seen[slot] == 0 ? 0 : (float) fold.result(slot, seen[slot]);
            out.write(row, width);
        }
        return result.with(Masks.anyOf(tensor.mask(), names));
    }
}
