package org.tornadolens.dsl.chart;

import org.tornadolens.tensor.Tensor;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lines over a common horizontal axis: a score over layers, a loss over training steps. */
public record LineChart(List<Series> series, Options options) implements Chart {

    private static final String NAME = "a line chart";

    public LineChart {
        series = Series.checked(series, NAME);
        options.only(NAME, "title", "x", "y", "labels", "range", "series", "log", "errors");
        Plane.of(series, options, words(series, options));
    }

    /** A line over the one axis of {@code tensor}, or over the second axis for each index of the first. */
    public static LineChart of(Tensor tensor, Options options) { return of(Values.of(tensor), options); }

    public static LineChart of(Values values, Options options) {
        Values rows = values.atMost(2, NAME);
        options.labelling(rows.shape());
        int across = rows.rank() - 1;
        Options named = options.titlesOr(rows.title(across), "");
        Optional<List<String>> words = options.labelsOf(rows.axis(across), "x", rows.size(across));
        return new LineChart(Series.of(rows, options, NAME), words.map(labels -> named.labels("x", labels)).orElse(named));
    }

    /** Lines at the places {@code x}: the one row of {@code y}, or each of its rows. */
    public static LineChart of(Values x, Values y, Options options) {
        return new LineChart(Series.of(x, y, options, NAME), options.titlesOr(x.rank() == 1 ? x.title(0) : "", ""));
    }

    /** One line for each name. */
    public static LineChart of(Map<String, Values> named, Options options) {
        List<Series> series = Series.of(named, options, NAME);
        String axis = named.values().stream().findFirst().map(values -> values.squeezed(1).title(0)).orElse("");
        return new LineChart(series, options.titlesOr(axis, ""));
    }

    private static Optional<List<String>> words(List<Series> series, Options options) {
        int longest = series.stream().mapToInt(one -> one.x().length).max().orElse(0);
        return options.labelsOf("x", "x", longest).map(words -> words.stream().map(Glyphs::token).toList());
    }

    @Override public String description() { return options.named("line chart") + " of " + Series.count(series); }

    @Override public Drawing draw(int plot) {
        Plane plane = Plane.of(series, options, words(series, options));
        int width = plot * 6 / 5, height = plot * 3 / 4;
        Ticks x = plane.x().below(width), y = plane.y().beside(height);
        Side legend = Legend.of(series.stream().map(Series::name).toList(), Legend.Sign.LINE, height);
        Frame frame = new Frame(options.title(), new Frame.Line(options.xTitle(""), x), new Frame.Line(options.yTitle(""), y), width, height, legend);
        return frame.around(Marks.grid(x, y, plane.zero(), width, height).andThen(Marks.lines(plane.series(), plane.x(), plane.y(), width, height)));
    }
}
