package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** Counts of values: every element of a tensor counts once, NaN not at all. Bins have round edges. */
public record Histogram(Map<String, Values> series, Options options) implements Chart {

    private static final String NAME = "a histogram";
    private static final int FEWEST = 5, MOST = 100;

    public Histogram {
        options.only(NAME, "title", "x", "y", "range", "bins", "width");
        if (series.isEmpty()) throw new UsageException("a histogram needs at least one series");
        series.forEach((name, values) -> {
            if (Double.isNaN(values.min()))
                throw new UsageException("series " + name + " is empty: it has no number to count");
        });
        series = Collections.unmodifiableMap(new LinkedHashMap<>(series));
    }

    public static Histogram of(ChartData data, Options options) { return new Histogram(data.named(), options); }

    public static Histogram of(Tensor tensor, Options options) { return of(Values.of(tensor), options); }

    public static Histogram of(Values values, Options options) { return of(ChartData.of(values), options); }

    /**
     * Returns bins of one width, which is 1, 2, 2.5 or 5 times a power of ten: about as many as asked for, else by the
     * rule of Freedman and Diaconis.
     */
    Scale bins() {
        double[] all = series.values().stream().flatMapToDouble(values -> Arrays.stream(values.data()))
                .filter(value -> !Double.isNaN(value)).sorted().toArray();
        double min = all[0], max = all[all.length - 1];
        if (options.range().isPresent()) {
            min = options.range().get()[0];
            max = options.range().get()[1];
        }
        if (min == max) {
            double half = min == 0 ? 0.5 : Math.abs(min) / 2;
            min -= half;
            max += half;
        }
        double quartiles = all[all.length * 3 / 4] - all[all.length / 4];
        double width = 2 * quartiles / Math.cbrt(all.length);
        double count = options.bins().isPresent() ? options.bins().get() : width == 0 ? FEWEST * 4
                : Math.clamp((max - min) / width, FEWEST, MOST);
        Scale scale = Scale.exactly(min, max, (int) Math.round(count));
        double lo = Math.floor(min / scale.step() + 1e-9) * scale.step(),
                hi = Math.ceil(max / scale.step() - 1e-9) * scale.step();
        return new Scale(lo, hi, scale.step());
    }

    /** Counts the values in each bin. A bin includes its lower edge, and the last one its upper edge, too. */
    static double[] counts(Values values, Scale bins) {
        double[] counts = new double[(int) Math.round((bins.hi() - bins.lo()) / bins.step())];
        for (double value : values.data()) {
            if (!(value >= bins.lo() && value <= bins.hi())) continue;
            counts[Math.min(counts.length - 1, (int) ((value - bins.lo()) / bins.step() + 1e-9))]++;
        }
        return counts;
    }

    @Override public String description() {
        return options.named("histogram") + " of "
                + series.values().stream().mapToInt(values -> values.data().length).sum() + " values";
    }

    @Override public Optional<Legend.Key> key() {
        return Optional.of(new Legend.Key(List.copyOf(series.keySet()), Legend.Sign.BOX));
    }

    @Override public Drawing draw(Sheet sheet) {
        int width = (int) (sheet.plot() * 6 / 5), height = (int) (sheet.plot() * 3 / 4);
        Scale bins = bins();
        List<double[]> counts = new ArrayList<>();
        for (Values values : series.values()) counts.add(counts(values, bins));
        double most = counts.stream().flatMapToDouble(Arrays::stream).max().orElse(0);
        Scale heights = Scale.fromZero(0, most);
        // counts are whole numbers
        AxisRange range = AxisRange.of(heights.step() < 1 ? new Scale(0, Math.max(1, most), 1) : heights);
        Ticks x = Ticks.horizontal(Scale.exactly(bins.lo(), bins.hi(), 8), width, sheet),
                y = range.beside(height, sheet);
        Side legend = Legend.of(key().orElseThrow(), height, sheet);
        Frame frame = new Frame(sheet, options.title(), new Frame.Line(options.xTitle("value"), x),
                new Frame.Line(options.yTitle("count"), y), width, height, legend);
        return frame
                .around(Marks.grid(Ticks.none(), y, 0, width, height)
                        .andThen(Marks.bins(counts, range, width, height)));
    }
}
