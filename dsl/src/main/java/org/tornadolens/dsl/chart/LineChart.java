package org.tornadolens.dsl.chart;

import org.tornadolens.tensor.Tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Lines over a common horizontal axis: a score over layers, a loss over training steps. */
public record LineChart(List<Series> series, Options options) implements Chart {

    private static final String NAME = "a line chart";
    private static final Pattern WHOLE = Pattern.compile("-?\\d{1,15}");     // 2.1 is a head

    public LineChart {
        series = Series.checked(series, NAME);
        options.only(NAME, "title", "x", "y", "labels", "range", "series", "log", "errors", "band",
                "xErrors", "styles", "reference", "width");
        options.lineStyles(series);
        plane(series, options);
    }

    /** Returns the line chart of one set of numbers, of points {@code x} and {@code y}, or of several sets. */
    public static LineChart of(ChartData data, Options options) {
        if (data.places()) return of(data.named().get("x"), data.named().get("y"), options);
        return data.single().map(values -> of(values, options)).orElseGet(() -> of(data.named(), options));
    }

    /** Returns a line over the only axis, or over the second axis for each index of the first. */
    public static LineChart of(Tensor tensor, Options options) {
        return of(Values.of(tensor), options);
    }

    public static LineChart of(Values values, Options options) {
        Values rows = values.atMost(2, NAME);
        options.labelling(rows.shape());
        int across = rows.rank() - 1;
        Options named = options.titlesOr(rows.title(across), "");
        Optional<List<String>> words = options.labelsOf(rows.axis(across), "x", rows.size(across));
        return new LineChart(Series.of(rows, options, NAME),
                words.map(labels -> named.labels("x", labels)).orElse(named));
    }

    /** Returns lines at the places {@code x}: the only row of {@code y}, or each of its rows. */
    public static LineChart of(Values x, Values y, Options options) {
        return new LineChart(Series.of(x, y, options, NAME), options.titlesOr(x.rank() == 1 ? x.title(0) : "", ""));
    }

    /** Returns one line for each name. */
    public static LineChart of(Map<String, Values> named, Options options) {
        List<Series> series = Series.of(named, options, NAME);
        String axis = named.values().stream().findFirst().map(values -> values.squeezed(1).title(0)).orElse("");
        return new LineChart(series, options.titlesOr(axis, ""));
    }

    /**
     * Returns the places of the points along the axis, if the labels are increasing whole numbers, as training steps
     * are. Other labels are words under the points.
     */
    private static Plane plane(List<Series> series, Options options) {
        Optional<List<String>> words = words(series, options);
        Optional<double[]> places = words.flatMap(LineChart::rising);
        if (places.isEmpty()) return Plane.of(series, options, words);
        List<Series> placed = series.stream()
                .map(one -> new Series(one.name(), Arrays.copyOf(places.get(), one.y().length), one.y(), one.errors(),
                        one.band(), one.across()))
                .toList();
        return Plane.of(placed, options, Optional.empty());
    }

    private static Optional<double[]> rising(List<String> words) {
        if (words.size() < 2 || !words.stream().allMatch(word -> WHOLE.matcher(word).matches()))
            return Optional.empty();
        double[] numbers = words.stream().mapToDouble(Double::parseDouble).toArray();
        return IntStream.range(1, numbers.length).allMatch(i -> numbers[i] > numbers[i - 1]) ? Optional.of(numbers)
                : Optional.empty();
    }

    private static Optional<List<String>> words(List<Series> series, Options options) {
        int longest = series.stream().mapToInt(one -> one.x().length).max().orElse(0);
        return options.labelsOf("x", "x", longest).map(words -> words.stream().map(Glyphs::token).toList());
    }

    @Override public String description() { return options.named("line chart") + " of " + Series.count(series); }

    @Override public Optional<Legend.Key> key() {
        return Optional.of(new Legend.Key(series.stream().map(Series::name).toList(), Legend.Sign.LINE,
                options.lineStyles(series)));
    }

    @Override public Drawing draw(Sheet sheet) {
        Plane plane = plane(series, options);
        int width = (int) (sheet.plot() * 6 / 5), height = (int) (sheet.plot() * 3 / 4);
        Ticks x = plane.x().below(width, sheet), y = plane.y().beside(height, sheet);
        List<LineStyle> styles = options.lineStyles(series);
        Side legend = Legend.of(key().orElseThrow(), height, sheet);
        Frame frame = new Frame(sheet, options.title(), new Frame.Line(options.xTitle(""), x),
                new Frame.Line(options.yTitle(""), y), width, height, legend);
        References references = plane.references(width, height);
        Drawing bare = frame.around(Marks.grid(x, y, plane.zero(), width, height).andThen(references.painted())
                .andThen(Marks.lines(plane.series(), styles, plane.x(), plane.y(), width, height)));
        return bare.withGrounded(references.labels(Fonts.size(sheet.tick()), plane.places(width, height, true),
                new ArrayList<>()));
    }
}
