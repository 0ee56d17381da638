package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.chart.About;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.ChartData;
import org.tornadolens.dsl.chart.Grid;
import org.tornadolens.dsl.chart.Options;
import org.tornadolens.dsl.chart.Picture;
import org.tornadolens.dsl.chart.Reference;
import org.tornadolens.dsl.chart.Spread;
import org.tornadolens.dsl.chart.Values;
import org.tornadolens.dsl.chart.Width;
import org.tornadolens.dsl.report.Part;
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

    /** Stands for the numbers of a dry run, which are noise that not every chart can show. */
    private static double[] ones(long length) {
        double[] ones = new double[Math.toIntExact(length)];
        Arrays.fill(ones, 1);
        return ones;
    }

    // ---- options

    /**
     * The options of any chart.
     *
     * @param labels       those for every axis of that length
     * @param labelsByAxis those that name their axis
     * @param range        the lower and the upper end
     * @param robust       the colours leave out outliers
     * @param width        {@code column}, {@code page}, or a length with its unit
     * @param annotate     the number of cells that show their number; 0 for all
     * @param styles       of lines by the name of their series; one without a name for all
     * @param shared       the heat maps of a grid have one scale
     */
    record Look(Optional<String> title, Optional<String> x, Optional<String> y, Optional<List<String>> labels,
            Map<String, List<String>> labelsByAxis, Optional<List<Double>> range, Optional<Boolean> robust,
            Optional<Boolean> diverging, Optional<List<String>> series, Optional<Ends> errors, Optional<Ends> xErrors,
            Optional<Ends> band, Optional<String> log, Optional<Integer> bins, Optional<Integer> columns,
            Optional<String> width, Optional<Integer> pixels, Optional<String> label, OptionalInt annotate,
            Optional<List<Map<String, Integer>>> mark, Optional<Map<String, String>> styles,
            Optional<List<Line>> reference, Optional<Boolean> shared, Optional<Boolean> letters) {

        Options options() {
            Options options = Options.NONE;
            options = with(options, title, Options::title);
            options = with(options, x, Options::x);
            options = with(options, y, Options::y);
            options = with(options, labels, Options::labels);
            for (Map.Entry<String, List<String>> axis : labelsByAxis.entrySet())
                options = options.labels(axis.getKey(), axis.getValue());
            options = with(options, range, (before, ends) -> before.range(ends.getFirst(), ends.getLast()));
            options = with(options, robust, (before, yes) -> yes ? before.robust() : before);
            options = with(options, diverging, Options::diverging);
            options = with(options, series, Options::series);
            options = with(options, errors.map(Ends::spread), Options::errors);
            options = with(options, xErrors.map(Ends::spread), Options::xErrors);
            options = with(options, band.map(Ends::spread), Options::band);
            options = with(options, log, Options::log);
            options = with(options, bins, Options::bins);
            options = with(options, columns, Options::columns);
            options = with(options, width.map(Width::of).or(() -> pixels.map(Width::ofPixels)), Options::width);
            options = with(options, label, Options::label);
            if (annotate.isPresent())
                options = options.annotate(annotate.getAsInt() == 0 ? Integer.MAX_VALUE : annotate.getAsInt());
            options = with(options, mark, Options::mark);
            options = with(options, styles, Options::styles);
            options = with(options, reference.map(lines -> lines.stream().map(Line::reference).toList()),
                    Options::references);
            options = with(options, shared, Options::shared);
            return with(options, letters, Options::letters);
        }

        private static <T> Options with(Options options, Optional<T> value, BiFunction<Options, T, Options> setter) {
            return value.map(given -> setter.apply(options, given)).orElse(options);
        }
    }

    /**
     * Error bars, one set for each series.
     *
     * @param upper the upper ends, if {@code lower} are lower ends and not half the lengths
     */
    record Ends(List<Values> lower, List<Values> upper) {
        Spread spread() { return new Spread(all(lower), all(upper)); }

        private static double[] all(List<Values> sets) {
            return sets.stream().flatMapToDouble(one -> Arrays.stream(one.data())).toArray();
        }
    }

    /** A reference line; y = x without x and y. */
    record Line(Optional<Double> x, Optional<Double> y, String label, String style) {
        Reference reference() { return new Reference(x, y, label, style); }
    }

    private static Options options(Value look) { return Requests.read(look, Look.class).options(); }

    // ---- charts

    /**
     * @param kind  the class of the chart
     * @param names the names of the sets of numbers; the only name is empty if the script gave none
     */
    @HostAccess.Export public Chart draw(String kind, Value names, Value values, Value look) {
        List<String> keys = Arguments.strings(names);
        List<Values> all = Arguments.objects(values, Values.class);
        Map<String, Values> named = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) named.put(keys.get(i), all.get(i));
        return Chart.of(kind, new ChartData(named), options(look));
    }

    @HostAccess.Export public Chart grid(Value charts, Value look) {
        return new Grid(Arguments.objects(charts, Chart.class), options(look));
    }

    // ---- finished charts

    @HostAccess.Export public void save(Chart chart, String name) throws IOException {
        host.save(Picture.fileName(name), out -> chart.write(Picture.of(name), out, about()), Part.chart(chart));
    }

    /** Returns what a figure says about its origin: no folders, which differ between machines, and no date. */
    private About about() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(About.SOFTWARE, "TornadoLens " + Version.string());
        List<String> models =
                host.record().models().stream().map(used -> used.path().getFileName().toString()).distinct().toList();
        if (!models.isEmpty()) entries.put("Model", String.join(", ", models));
        entries.put("Seed", Long.toString(host.settings().seed()));
        host.record().script().ifPresent(script -> entries.put("Script", script.getFileName().toString()));
        host.command().ifPresent(command -> entries.put("Command", command));
        return new About(entries);
    }

    @HostAccess.Export public String describe(Chart chart) { return chart.description(); }
}
