package org.tornadolens.dsl.chart;

import org.tornadolens.tensor.Tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** A bar for each entry of an axis: a component's part in a logit difference. Several series stand side by side. */
public record BarChart(List<Series> series, Options options) implements Chart {

    private static final String NAME = "a bar chart";

    public BarChart {
        series = Series.checked(series, NAME);
        options.only(NAME, "title", "x", "y", "labels", "range", "series");
        int bars = series.getFirst().y().length;
        for (Series one : series) {
            if (one.y().length != bars) {
                throw new IllegalArgumentException("series " + one.name() + " has " + one.y().length + " bars, " + series.getFirst().name() + " has " + bars + ": give each the same number");
            }
        }
        words(bars, options);
    }

    /** A bar for each entry of the one axis of {@code tensor}, or of the second axis with a series for each index of the first. */
    public static BarChart of(Tensor tensor, Options options) { return of(Values.of(tensor), options); }

    public static BarChart of(Values values, Options options) {
        Values rows = values.atMost(2, NAME);
        options.labelling(rows.shape());
        int across = rows.rank() - 1;
        Options named = options.titlesOr(rows.title(across), "");
        Optional<List<String>> words = options.labelsOf(rows.axis(across), "x", rows.size(across));
        return new BarChart(Series.of(rows, options, NAME), words.map(labels -> named.labels("x", labels)).orElse(named));
    }

    /** One series for each name. */
    public static BarChart of(Map<String, Values> named, Options options) {
        String axis = named.values().stream().findFirst().map(values -> values.squeezed(1).title(0)).orElse("");
        return new BarChart(Series.of(named, options, NAME), options.titlesOr(axis, ""));
    }

    private static Optional<List<String>> words(int bars, Options options) {
        return options.labelsOf("x", "x", bars).map(words -> words.stream().map(Glyphs::token).toList());
    }

    @Override public String description() { return options.named("bar chart") + " of " + Series.count(series); }

    @Override public Drawing draw(int plot) {
        int bars = series.getFirst().y().length;
        double needed = words(bars, options).isPresent() ? 8 * bars : 0;   // room for a word under each bar
        int width = (int) Math.clamp(needed, plot * 6 / 5, 2 * plot), height = plot * 3 / 4;
        double[] all = series.stream().flatMapToDouble(one -> Arrays.stream(one.y())).filter(value -> !Double.isNaN(value)).toArray();
        Scale scale = options.range().map(range -> Scale.exactly(range[0], range[1], 6))
                .orElseGet(() -> Scale.fromZero(DoubleStream.of(all).min().orElse(0), DoubleStream.of(all).max().orElse(0)));
        AxisRange range = AxisRange.of(scale);
        double cell = (double) width / bars;
        Ticks x = words(bars, options).map(words -> Ticks.wordsBelow(words, cell)).orElseGet(() -> Ticks.indices(bars, cell, Ticks.everyBelow(bars, cell)));
        Ticks y = range.beside(height);
        Side legend = Legend.of(series.stream().map(Series::name).toList(), Legend.Sign.BOX, height);
        Frame frame = new Frame(options.title(), new Frame.Line(options.xTitle(""), x), new Frame.Line(options.yTitle(""), y), width, height, legend);
        List<double[]> lengths = new ArrayList<>();
        for (Series one : series) lengths.add(one.y());
        Ticks none = new Ticks(List.of(), x.font(), false, "");
        return frame.around(Marks.grid(none, y, range.fraction(0), width, height).andThen(Marks.bars(lengths, range, width, height, false)));
    }
}
