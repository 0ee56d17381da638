package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/**
 * A series of points. A NaN in {@code y} is a gap.
 *
 * @param errors the ends of each point's error bar
 * @param band   those of the band around the line
 * @param across those of its horizontal error bar
 */
public record Series(String name, double[] x, double[] y, Bounds errors, Bounds band, Bounds across) {

    public Series(String name, double[] x, double[] y) { this(name, x, y, Bounds.NONE, Bounds.NONE, Bounds.NONE); }

    public Series {
        if (x.length != y.length)
            throw new UsageException(
                    "series " + name + " has " + x.length + " x and " + y.length + " y: give one for each point");
        if (Arrays.stream(y).allMatch(Double::isNaN))
            throw new UsageException("series " + name + " is empty: it has no number to draw");
        finite(name, "x", x);
        finite(name, "y", y);
    }

    /** Returns the range of the points with their error bars and bands. */
    DoubleStream reach() {
        return DoubleStream.concat(Arrays.stream(y).filter(value -> !Double.isNaN(value)),
                DoubleStream.concat(errors.ends(), band.ends()));
    }

    /** Returns the range of the points with their horizontal error bars. */
    DoubleStream reachAcross() {
        return DoubleStream.concat(Arrays.stream(x), across.ends());
    }

    /** Returns the series with the error bars and bands of the options. */
    static List<Series> withErrors(List<Series> series, Options options) {
        int points = series.stream().mapToInt(one -> one.y.length).sum();
        requireAsMany(options.errors(), points, "errors");
        requireAsMany(options.band(), points, "ends of a band");
        requireAsMany(options.xErrors(), points, "xErrors");
        List<Series> more = new ArrayList<>();
        int at = 0;
        for (Series one : series) {
            int from = at, to = at += one.y.length;
            more.add(new Series(one.name, one.x, one.y,
                    options.errors().map(all -> all.part(from, to).around(one.y)).orElse(Bounds.NONE),
                    options.band().map(all -> all.part(from, to).around(one.y)).orElse(Bounds.NONE),
                    options.xErrors().map(all -> all.part(from, to).around(one.x)).orElse(Bounds.NONE)));
        }
        return more;
    }

    private static void requireAsMany(Optional<Spread> spread, int points, String what) {
        if (spread.isPresent() && (spread.get().lower().length != points
                || spread.get().upper().length != 0 && spread.get().upper().length != points))
            throw new UsageException(
                    spread.get().lower().length + " " + what + " for " + points + " points: give one for each");
    }

    private static void finite(String name, String axis, double[] values) {
        for (int i = 0; i < values.length; i++) {
            if (Double.isInfinite(values[i]) || axis.equals("x") && Double.isNaN(values[i])) {
                throw new UsageException("series " + name + ": " + axis + " of point " + i + " is "
                        + values[i] + "; it must be a finite number" + (axis.equals("y") ? " or NaN" : ""));
            }
        }
    }

    /** Returns one series over the indices of a single axis, or one for each row of two axes. */
    static List<Series> of(Values values, Options options, String chart) {
        return of(null, values, options, chart);
    }

    /**
     * Returns the rows of {@code y} at common places.
     *
     * @param x one place for each column of {@code y}; null for the columns' indices
     */
    static List<Series> of(Values x, Values y, Options options, String chart) {
        Values rows = y.atMost(2, chart);
        int length = rows.size(rows.rank() - 1), count = rows.rank() == 1 ? 1 : rows.size(0);
        double[] places =
                x == null ? IntStream.range(0, length).asDoubleStream().toArray() : x.atMost(1, "x of " + chart).data();
        if (places.length != length)
            throw new UsageException("x has " + places.length + " numbers, y has " + length + " columns in "
                    + y.shape() + ": give one x for each");
        List<String> names = options.series(count).orElseGet(() -> names(rows, options));
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < count; i++) series.add(new Series(names.get(i), places, rows.row(i)));
        return withErrors(series, options);
    }

    /** Returns one series for each name. */
    static List<Series> of(Map<String, Values> named, Options options, String chart) {
        List<Series> series = new ArrayList<>();
        named.forEach((name, values) -> {
            Values one = values.atMost(1, "series " + name + " of " + chart);
            series.add(new Series(name, IntStream.range(0, one.size(0)).asDoubleStream().toArray(), one.data()));
        });
        return withErrors(series, options);
    }

    private static List<String> names(Values rows, Options options) {
        if (rows.rank() == 1) return List.of("");
        String axis = rows.title(0).isEmpty() ? "series" : rows.axis(0);
        Optional<List<String>> labels = options.labelsOf(rows.axis(0), rows.axis(0), rows.size(0));
        if (labels.isPresent()) return Options.distinct(labels.get().stream().map(Glyphs::token).toList());
        return IntStream.range(0, rows.size(0)).mapToObj(i -> axis + " " + i).toList();
    }

    /** {@code 3 series of 12 points}. */
    static String count(List<Series> series) {
        int points = series.stream().mapToInt(one -> one.x().length).max().orElse(0);
        return (series.size() == 1 ? "" : series.size() + " series of ") + points
                + (points == 1 ? " point" : " points");
    }

    static List<Series> checked(List<Series> series, String chart) {
        if (series.isEmpty()) throw new UsageException(chart + " needs at least one series");
        Options.distinct(series.stream().map(Series::name).toList());
        return List.copyOf(series);
    }
}
