package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.ChartData;
import org.tornadolens.dsl.chart.Grid;
import org.tornadolens.dsl.chart.Options;
import org.tornadolens.dsl.chart.Picture;
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
     * @param errors       one for each series
     */
    record Look(Optional<String> title, Optional<String> x, Optional<String> y, Optional<List<String>> labels,
            Map<String, List<String>> labelsByAxis, Optional<List<Double>> range, Optional<Boolean> diverging,
            Optional<List<String>> series, Optional<List<Values>> errors, Optional<String> log, Optional<Integer> bins,
            Optional<Integer> columns) {

        Options options() {
            Options options = Options.NONE;
            options = with(options, title, Options::title);
            options = with(options, x, Options::x);
            options = with(options, y, Options::y);
            options = with(options, labels, Options::labels);
            for (Map.Entry<String, List<String>> axis : labelsByAxis.entrySet())
                options = options.labels(axis.getKey(), axis.getValue());
            options = with(options, range, (before, ends) -> before.range(ends.getFirst(), ends.getLast()));
            options = with(options, diverging, Options::diverging);
            options = with(options, series, Options::series);
            options = with(options, errors, (before, all) -> before
                    .errors(all.stream().flatMapToDouble(one -> Arrays.stream(one.data())).toArray()));
            options = with(options, log, Options::log);
            options = with(options, bins, Options::bins);
            return with(options, columns, Options::columns);
        }

        private static <T> Options with(Options options, Optional<T> value, BiFunction<Options, T, Options> setter) {
            return value.map(given -> setter.apply(options, given)).orElse(options);
        }
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
        host.save(Picture.fileName(name), out -> chart.write(Picture.of(name), out));
    }

    @HostAccess.Export public String describe(Chart chart) { return chart.description(); }
}
