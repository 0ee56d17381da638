package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.tornadolens.UsageException;

/**
 * Points in x and y, for line and scatter charts. On a logarithmic axis the points are exponents of ten.
 *
 * @param zero       the height of y = 0 as a fraction of the plot's; 0 if it is not in the plot
 * @param references lines to compare with
 */
record Plane(List<Series> series, AxisRange x, AxisRange y, double zero, List<Reference> references, boolean logX,
        boolean logY) {

    private static final int STEPS_BELOW = 8, INTEGERS_BELOW = 12, STEPS_BESIDE = 8, BETWEEN = 8;

    /** @param words labels of the places 0, 1, 2, … on the horizontal axis, if they have any */
    static Plane of(List<Series> series, Options options, Optional<List<String>> words) {
        boolean logX = options.log('x'), logY = options.log('y');
        if (logX && words.isPresent())
            throw new UsageException(
                    "an axis with labels cannot be logarithmic: leave out labels or log: \"x\"");
        List<Reference> references =
                options.references().stream().map(line -> line.exponents(logX, logY)).toList();
        List<Series> drawn = series.stream().map(one -> {
            double[] xs = logX ? exponents(one.name(), "x", one.x()) : one.x();
            double[] ys = logY ? exponents(one.name(), "y", one.y()) : one.y();
            return new Series(one.name(), xs, ys, logY ? one.errors().exponents() : one.errors(),
                    logY ? one.band().exponents() : one.band(),
                    logX ? one.across().exponents() : one.across());
        }).toList();

        double[] xs = DoubleStream.concat(drawn.stream().flatMapToDouble(Series::reachAcross),
                references.stream().flatMap(line -> line.x().stream()).mapToDouble(at -> at)).toArray();
        double[] ys = DoubleStream.concat(drawn.stream().flatMapToDouble(Series::reach),
                references.stream().flatMap(line -> line.y().stream()).mapToDouble(at -> at)).toArray();
        double left = min(xs), right = max(xs), low = min(ys), high = max(ys);
        boolean integers = Arrays.stream(xs).allMatch(x -> x == Math.rint(x));
        AxisRange x = words.isPresent() ? AxisRange.of(words.get())
                : logX ? AxisRange.logarithmic(left, right)
                : AxisRange.tight(left, right, integers, integers ? INTEGERS_BELOW : STEPS_BELOW);
        AxisRange y = vertical(options, logY, low, high);
        return new Plane(drawn, x, y, logY ? 0 : y.fraction(0), references, logX, logY);
    }

    /** Returns the reference lines in a plot of this size. */
    References references(double width, double height) {
        return new References(references, x, y, logX, logY, width, height);
    }

    /** Returns the places of all points in a plot of this size, those between the points of a line included. */
    List<double[]> places(double width, double height, boolean lines) {
        List<double[]> places = new ArrayList<>();
        for (Series one : series) {
            double[] before = null;
            for (int i = 0; i < one.x().length; i++) {
                double[] place = {x.fraction(one.x()[i]) * width, (1 - y.fraction(one.y()[i])) * height};
                if (Double.isNaN(place[1])) {
                    before = null;
                    continue;
                }
                places.add(place);
                for (double[] end : ends(one, i)) {
                    for (int part = 1; part <= BETWEEN; part++)
                        places.add(new double[]{place[0] + (end[0] * width - place[0]) * part / BETWEEN,
                                place[1] + (end[1] * height - place[1]) * part / BETWEEN});
                }
                for (int part = 1; lines && before != null && part < BETWEEN; part++) {
                    double share = (double) part / BETWEEN;
                    places.add(new double[]{before[0] + share * (place[0] - before[0]),
                            before[1] + share * (place[1] - before[1])});
                }
                before = place;
            }
        }
        return places;
    }

    /** Returns the ends of a point's error bars, as fractions of the plot from its upper left corner. */
    private List<double[]> ends(Series one, int i) {
        List<double[]> ends = new ArrayList<>();
        double across = x.fraction(one.x()[i]), down = 1 - y.fraction(one.y()[i]);
        if (!one.errors().none())
            for (double end : new double[]{one.errors().lower()[i], one.errors().upper()[i]})
                ends.add(new double[]{across, Math.clamp(1 - y.fraction(end), 0, 1)});
        if (!one.across().none())
            for (double end : new double[]{one.across().lower()[i], one.across().upper()[i]})
                ends.add(new double[]{Math.clamp(x.fraction(end), 0, 1), down});
        ends.removeIf(end -> Double.isNaN(end[0]) || Double.isNaN(end[1]));
        return ends;
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
