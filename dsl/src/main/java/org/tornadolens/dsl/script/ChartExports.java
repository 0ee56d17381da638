package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.chart.BarChart;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.Grid;
import org.tornadolens.dsl.chart.Heatmap;
import org.tornadolens.dsl.chart.Histogram;
import org.tornadolens.dsl.chart.LineChart;
import org.tornadolens.dsl.chart.Options;
import org.tornadolens.dsl.chart.Picture;
import org.tornadolens.dsl.chart.ScatterChart;
import org.tornadolens.dsl.chart.Values;
import org.tornadolens.tensor.Tensor;

/** Behind {@code chart.js}: pictures of numbers. */
public final class ChartExports {

    private final Host host;

    ChartExports(Host host) { this.host = host; }

    // ---- numbers

    @HostAccess.Export public Values ofTensor(Tensor tensor) {
        return host.dryRun().isPresent() ? new Values(tensor.shape(), ones(tensor.shape().elements()))
                : Values.of(tensor);
    }

    /** @param numbers all of them, row by row */
    @HostAccess.Export public Values ofNumbers(Value sizes, Value numbers) {
        double[] data = Arguments.doubles(numbers);
        return Values.of(Arguments.ints(sizes), host.dryRun().isPresent() ? ones(data.length) : data);
    }

    /** What a dry run draws, and does not keep: its numbers are noise, which not every chart can show. */
    private static double[] ones(long length) {
        double[] ones = new double[Math.toIntExact(length)];
        Arrays.fill(ones, 1);
        return ones;
    }

    // ---- options: each gives what it was given and one more

    @HostAccess.Export public Options noOptions() { return Options.NONE; }

    @HostAccess.Export public Options title(Options options, String title) { return options.title(title); }

    @HostAccess.Export public Options x(Options options, String title) { return options.x(title); }

    @HostAccess.Export public Options y(Options options, String title) { return options.y(title); }

    @HostAccess.Export public Options labels(Options options, Value labels) {
        return options.labels(Arguments.strings(labels));
    }

    @HostAccess.Export public Options labelsOf(Options options, String axis, Value labels) {
        return options.labels(axis, Arguments.strings(labels));
    }

    @HostAccess.Export public Options diverging(Options options, boolean diverging) {
        return options.diverging(diverging);
    }

    @HostAccess.Export public Options range(Options options, double lo, double hi) { return options.range(lo, hi); }

    @HostAccess.Export public Options series(Options options, Value names) {
        return options.series(Arguments.strings(names));
    }

    /** @param errors a Values for each series */
    @HostAccess.Export public Options errors(Options options, Value errors) {
        return options.errors(Arguments.objects(errors, Values.class).stream()
                .flatMapToDouble(values -> Arrays.stream(values.data())).toArray());
    }

    @HostAccess.Export public Options bins(Options options, int bins) { return options.bins(bins); }

    @HostAccess.Export public Options columns(Options options, int columns) { return options.columns(columns); }

    @HostAccess.Export public Options log(Options options, String axes) { return options.log(axes); }

    // ---- charts: of one set of numbers, of points in x and y, of several under names

    @HostAccess.Export public Chart heatmap(Values values, Options options) { return new Heatmap(values, options); }

    @HostAccess.Export public Chart line(Values values, Options options) { return LineChart.of(values, options); }

    @HostAccess.Export public Chart lineAt(Values x, Values y, Options options) { return LineChart.of(x, y, options); }

    @HostAccess.Export public Chart lineNamed(Value names, Value values, Options options) {
        return LineChart.of(named(names, values), options);
    }

    @HostAccess.Export public Chart bar(Values values, Options options) { return BarChart.of(values, options); }

    @HostAccess.Export public Chart barNamed(Value names, Value values, Options options) {
        return BarChart.of(named(names, values), options);
    }

    @HostAccess.Export public Chart scatter(Values points, Options options) { return ScatterChart.of(points, options); }

    @HostAccess.Export public Chart scatterAt(Values x, Values y, Options options) {
        return ScatterChart.of(x, y, options);
    }

    @HostAccess.Export public Chart scatterNamed(Value names, Value values, Options options) {
        return ScatterChart.of(named(names, values), options);
    }

    @HostAccess.Export public Chart histogram(Values values, Options options) { return Histogram.of(values, options); }

    @HostAccess.Export public Chart histogramNamed(Value names, Value values, Options options) {
        return new Histogram(named(names, values), options);
    }

    @HostAccess.Export public Chart grid(Value charts, Options options) {
        return new Grid(Arguments.objects(charts, Chart.class), options);
    }

    private static Map<String, Values> named(Value names, Value values) {
        List<String> keys = Arguments.strings(names);
        List<Values> all = Arguments.objects(values, Values.class);
        Map<String, Values> named = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) named.put(keys.get(i), all.get(i));
        return named;
    }

    // ---- what becomes of them

    @HostAccess.Export public void save(Chart chart, String name) throws IOException {
        host.save(Picture.fileName(name), out -> chart.write(Picture.of(name), out));
    }

    @HostAccess.Export public String describe(Chart chart) { return chart.description(); }
}
