package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** Bars for the entries of an axis, such as components of a logit difference. Several series are side by side. */
public record BarChart(List<Series> series, Options options) implements Chart {

    private static final String NAME = "a bar chart";
    private static final int PLACES = 12;   // along a bar, that a label should not hide
    private static final int WORD = 8;   // points that a word under a bar needs

    public BarChart {
        series = Series.checked(series, NAME);
        options.only(NAME, "title", "x", "y", "labels", "range", "series", "errors", "reference", "width");
        for (Reference line : options.references())
            if (line.y().isEmpty())
                throw new UsageException("a bar chart has reference lines at y only, as { y: 0.5, label: \"chance\" }");
        int bars = series.getFirst().y().length;
        for (Series one : series) {
            if (one.y().length != bars) {
                throw new UsageException("series " + one.name() + " has " + one.y().length + " bars, "
                        + series.getFirst().name() + " has " + bars + ": give each the same number");
            }
        }
        words(bars, options);
    }

    /** Returns the bar chart of one set of numbers, or of one series for each name. */
    public static BarChart of(ChartData data, Options options) {
        return data.single().map(values -> of(values, options)).orElseGet(() -> of(data.named(), options));
    }

    /** Returns bars for the entries of one axis, or for those of the second axis, a series per index of the first. */
    public static BarChart of(Tensor tensor, Options options) {
        return of(Values.of(tensor), options);
    }

    public static BarChart of(Values values, Options options) {
        Values rows = values.atMost(2, NAME);
        options.labelling(rows.shape());
        int across = rows.rank() - 1;
        Options named = options.titlesOr(rows.title(across), "");
        Optional<List<String>> words = options.labelsOf(rows.axis(across), "x", rows.size(across));
        return new BarChart(Series.of(rows, options, NAME),
                words.map(labels -> named.labels("x", labels)).orElse(named));
    }

    /** Returns one series for each name. */
    public static BarChart of(Map<String, Values> named, Options options) {
        String axis = named.values().stream().findFirst().map(values -> values.squeezed(1).title(0)).orElse("");
        return new BarChart(Series.of(named, options, NAME), options.titlesOr(axis, ""));
    }

    private static Optional<List<String>> words(int bars, Options options) {
        return options.labelsOf("x", "x", bars).map(words -> words.stream().map(Glyphs::token).toList());
    }

    @Override public String description() { return options.named("bar chart") + " of " + Series.count(series); }

    @Override public Optional<Legend.Key> key() {
        return Optional.of(new Legend.Key(series.stream().map(Series::name).toList(), Legend.Sign.BOX));
    }

    @Override public Drawing draw(Sheet sheet) {
        int bars = series.getFirst().y().length;
        Optional<List<String>> words = words(bars, options);
        double plot = sheet.plot(), roomForWords = words.isPresent() && !sheet.print() ? WORD * bars : 0;
        int width = (int) Math.clamp(roomForWords, plot * 6 / 5, 2 * plot), height = (int) (plot * 3 / 4);
        double cell = (double) width / bars;
        AxisRange range =
                AxisRange.of(options.range().map(ends -> Scale.exactly(ends[0], ends[1], 6)).orElseGet(this::fromZero));
        Ticks x = words.isPresent() ? Ticks.wordsBelow(words.get(), cell, sheet)
                : Ticks.indices(bars, cell, Ticks.everyBelow(bars, cell, sheet), sheet);
        Ticks y = range.beside(height, sheet);
        Side legend = Legend.of(key().orElseThrow(), height, sheet);
        Frame frame = new Frame(sheet, options.title(), new Frame.Line(options.xTitle(""), x),
                new Frame.Line(options.yTitle(""), y), width, height, legend);
        References references = new References(options.references(), new AxisRange(0, bars, List.of(), "", List.of()),
                range, false, false, width, height);
        Drawing bare = frame.around(Marks.grid(Ticks.none(), y, range.fraction(0), width, height)
                .andThen(Marks.bars(series, range, width, height)).andThen(references.painted()));
        return bare.withGrounded(
                references.labels(Fonts.size(sheet.tick()), tops(range, cell, height), new ArrayList<>()));
    }

    /** Returns places inside the bars and along their error bars, which a label should not hide. */
    private List<double[]> tops(AxisRange range, double cell, double height) {
        List<double[]> places = new ArrayList<>();
        for (int s = 0; s < series.size(); s++) {
            Series one = series.get(s);
            for (int i = 0; i < one.y().length; i++) {
                if (Double.isNaN(one.y()[i])) continue;
                double end = one.errors().none() || Double.isNaN(one.errors().upper()[i]) ? one.y()[i]
                        : one.errors().upper()[i];
                for (double side : new double[]{0, 0.5, 1})
                    for (int part = 1; part <= PLACES; part++)
                        places.add(new double[]{(i + 0.5 + Marks.FILLED * ((s + side) / series.size() - 0.5)) * cell,
                                (1 - range.fraction(end * part / PLACES)) * height});
            }
        }
        return places;
    }

    private Scale fromZero() {
        double[] lengths = DoubleStream.concat(series.stream().flatMapToDouble(Series::reach),
                options.references().stream().mapToDouble(line -> line.y().orElse(0.0))).toArray();
        return Scale.fromZero(Arrays.stream(lengths).min().orElse(0), Arrays.stream(lengths).max().orElse(0));
    }
}
