package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tornadolens.UsageException;

/** Points, such as one score of every head against another. */
public record ScatterChart(List<Series> series, Options options) implements Chart {

    private static final String NAME = "a scatter chart";
    private static final double BESIDE = 4;     // points between a point and its label
    private static final double TALLEST = 300;  // of a plot on paper

    public ScatterChart {
        series = Series.checked(series, NAME);
        options.only(NAME, "title", "x", "y", "labels", "range", "series", "log", "errors", "xErrors",
                "reference", "width");
        Plane.of(series, options, Optional.empty());
        labels(series, options);
    }

    /** Returns the scatter chart of points {@code x} and {@code y}, of rows [n, 2], or of such rows by name. */
    public static ScatterChart of(ChartData data, Options options) {
        if (data.places()) return of(data.named().get("x"), data.named().get("y"), options);
        return data.single().map(values -> of(values, options)).orElseGet(() -> of(data.named(), options));
    }

    /** Returns one point for each element of {@code x} and {@code y}, which have the same shape. */
    public static ScatterChart of(Values x, Values y, Options options) {
        if (!x.shape().equals(y.shape()) && x.data().length != y.data().length) {
            throw new UsageException(
                    "a scatter chart's x is " + x.shape() + ", its y " + y.shape() + ": each point needs both");
        }
        String name = options.series(1).map(List::getFirst).orElse("");
        return new ScatterChart(Series.withErrors(List.of(new Series(name, x.data(), y.data())), options), options);
    }

    /** Returns the points in the rows of {@code points} [n, 2]. */
    public static ScatterChart of(Values points, Options options) {
        List<Series> series = List.of(series(options.series(1).map(List::getFirst).orElse(""), points));
        return new ScatterChart(Series.withErrors(series, options), options);
    }

    /** Returns the points of each name, in the rows of its values [n, 2]. */
    public static ScatterChart of(Map<String, Values> named, Options options) {
        List<Series> series = new ArrayList<>();
        named.forEach((name, points) -> series.add(series(name, points)));
        return new ScatterChart(Series.withErrors(series, options), options);
    }

    private static Series series(String name, Values points) {
        if (points.rank() != 2 || points.size(1) != 2) {
            throw new UsageException(
                    "a scatter chart takes rows of 2 numbers, x and y, not " + points.shape());
        }
        double[] x = new double[points.size(0)], y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = points.at(i, 0);
            y[i] = points.at(i, 1);
        }
        return new Series(name, x, y);
    }

    /** Returns a label for each point of the only series. */
    private static Optional<List<String>> labels(List<Series> series, Options options) {
        Optional<List<String>> labels = options.labelsOfEverything();
        if (labels.isPresent() && (series.size() > 1 || labels.get().size() != series.getFirst().x().length)) {
            throw new UsageException(labels.get().size() + " labels for "
                    + series.stream().mapToInt(one -> one.x().length).sum()
                    + " points in " + series.size() + " series: labels go one to each point of a single series");
        }
        return labels.map(words -> words.stream().map(Glyphs::token).toList());
    }

    @Override public String description() { return options.named("scatter chart") + " of " + Series.count(series); }

    @Override public Optional<Legend.Key> key() {
        return Optional.of(new Legend.Key(series.stream().map(Series::name).toList(), Legend.Sign.DOT));
    }

    @Override public Drawing draw(Sheet sheet) {
        Plane plane = Plane.of(series, options, Optional.empty());
        int side = (int) (sheet.plot() * 9 / 10), height = sheet.print() ? Math.min(side, (int) TALLEST) : side;
        Ticks x = plane.x().below(side, sheet), y = plane.y().beside(height, sheet);
        Side legend = Legend.of(key().orElseThrow(), height, sheet);
        Frame frame = new Frame(sheet, options.title(), new Frame.Line(options.xTitle(""), x),
                new Frame.Line(options.yTitle(""), y), side, height, legend);
        References references = plane.references(side, height);
        Drawing bare = frame.around(Marks.grid(x, y, plane.zero(), side, height).andThen(references.painted())
                .andThen(Marks.points(plane.series(), plane.x(), plane.y(), side, height)));
        List<Rectangle2D> taken = new ArrayList<>();
        Font font = Fonts.size(sheet.tick());
        Drawing compared =
                bare.withGrounded(references.labels(font, plane.places(side, height, false), taken));
        Font small = Fonts.size(Math.max(sheet.smallest(), 7.5));
        return compared.with(labels(series, options).map(words -> beside(words, plane, side, height, small, taken))
                .orElse(List.of()));
    }

    /** Returns a label for each point with room for one beside it; points far from others come first. */
    private static List<Label> beside(List<String> words, Plane plane, double width, double height, Font font,
            List<Rectangle2D> taken) {
        Rectangle2D plot = new Rectangle2D.Double(0, 0, width, height);
        Series points = plane.series().getFirst();
        double[] x = new double[points.x().length], y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = plane.x().fraction(points.x()[i]) * width;
            y[i] = (1 - plane.y().fraction(points.y()[i])) * height;
        }
        for (double[] place : plane.places(width, height, false))
            taken.add(new Rectangle2D.Double(place[0] - 2.5, place[1] - 2.5, 5, 5));
        List<Label> labels = new ArrayList<>();
        for (int i : outermostFirst(x, y)) {
            double aside = BESIDE + Fonts.width(words.get(i), font) / 2, off = BESIDE + font.getSize2D() / 2;
            double[][] places = {{aside, 0}, {-aside, 0}, {0, -off}, {0, off}, {aside, -off}, {aside, off},
                    {-aside, -off}, {-aside, off}};
            for (double[] place : places) {
                Label label = Label.centred(words.get(i), font, x[i] + place[0], y[i] + place[1]);
                if (!plot.contains(label.box()) || taken.stream().anyMatch(label.box()::intersects)) continue;
                taken.add(label.box());
                labels.add(label);
                break;
            }
        }
        return labels;
    }

    private static List<Integer> outermostFirst(double[] x, double[] y) {
        TreeMap<Double, List<Integer>> byDistance = new TreeMap<>(Comparator.reverseOrder());
        double middleX = 0, middleY = 0;
        int count = 0;
        for (int i = 0; i < x.length; i++) {
            if (Double.isNaN(y[i])) continue;
            middleX += x[i];
            middleY += y[i];
            count++;
        }
        for (int i = 0; i < x.length; i++) {
            if (Double.isNaN(y[i])) continue;
            byDistance.computeIfAbsent(Math.hypot(x[i] - middleX / count, y[i] - middleY / count),
                    distance -> new ArrayList<>()).add(i);
        }
        return byDistance.values().stream().flatMap(List::stream).toList();
    }
}
