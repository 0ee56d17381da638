package org.tornadolens.dsl.chart;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.tornadolens.UsageException;

/**
 * Points in x and y, for line and scatter charts. On a logarithmic axis the points are exponents of ten.
 *
 * @param zero the height of y = 0 as a fraction of the plot's; 0 if it is not in the plot
 */
record Plane(List<Series> series, AxisRange x, AxisRange y, double zero) {

    private static final int STEPS_BELOW = 8, INTEGERS_BELOW = 12, STEPS_BESIDE = 8;

    /** @param words labels of the places 0, 1, 2, … on the horizontal axis, if they have any */
    static Plane of(List<Series> series, Options options, Optional<List<String>> words) {
        boolean logX = options.log('x'), logY = options.log('y');
        if (logX && words.isPresent())
            throw new UsageException(
                    "an axis with labels cannot be logarithmic: leave out labels or log: \"x\"");
        if (logY && options.errors().isPresent())
            throw new UsageException(
                    "error bars need an axis that is not logarithmic: leave out errors, or log");
        List<Series> drawn = series.stream().map(one -> new Series(one.name(),
                logX ? exponents(one.name(), "x", one.x()) : one.x(),
                logY ? exponents(one.name(), "y", one.y()) : one.y(), one.errors())).toList();

        double[] xs = drawn.stream().flatMapToDouble(one -> Arrays.stream(one.x())).toArray();
        double[] ys = drawn.stream().flatMapToDouble(Series::reach).toArray();
        double left = min(xs), right = max(xs), low = min(ys), high = max(ys);
        boolean integers = Arrays.stream(xs).allMatch(x -> x == Math.rint(x));
        AxisRange x = words.isPresent() ? AxisRange.of(words.get())
                : logX ? AxisRange.logarithmic(left, right)
                : AxisRange.tight(left, right, integers, integers ? INTEGERS_BELOW : STEPS_BELOW);
        AxisRange y = vertical(options, logY, low, high);
        return new Plane(drawn, x, y, logY ? 0 : y.fraction(0));
    }

    private static AxisRange vertical(Options options, boolean log, double low, double high) {
        if (options.range().isEmpty())
            return log ? AxisRange.logarithmic(low, high) : AxisRange.tight(low, high, false, STEPS_BESIDE);
        double lo = options.range().get()[0], hi = options.range().get()[1];
        if (!log) return AxisRange.of(Scale.exactly(lo, hi, STEPS_BESIDE));
        if (lo <= 0)
            throw new UsageException(
                    "range [" + lo + ", " + hi + "] of a logarithmic axis must be above zero");
        return AxisRange.logarithmic(Math.log10(lo), Math.log10(hi));
    }

    private static double[] exponents(String series, String axis, double[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] <= 0) {
                throw new UsageException("a logarithmic " + axis + " axis takes only positive numbers, but "
                        + axis + " of point " + i + (series.isEmpty() ? "" : " of series " + series) + " is "
                        + values[i] + ": leave out log, or that point");
            }
        }
        return Arrays.stream(values).map(Math::log10).toArray();
    }

    private static double min(double[] values) { return DoubleStream.of(values).min().orElseThrow(); }

    private static double max(double[] values) { return DoubleStream.of(values).max().orElseThrow(); }
}
