package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.UsageException;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.output.Resumption;
import org.tornadolens.dsl.table.Table;
import org.tornadolens.dsl.table.TableFormat;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Target;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.survey.Collector;
import org.tornadolens.survey.Found;
import org.tornadolens.survey.Reading;
import org.tornadolens.survey.Survey;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code survey.js}: one pass over a dataset with several collectors. */
public final class SurveyExports {

    private final Host host;

    SurveyExports(Host host) { this.host = host; }

    enum Kind { MEAN, COVARIANCE, HISTOGRAM, QUANTILES, TOP, FREQUENCY, STORE, LOSS, METRIC }

    /**
     * What is to be collected; what a kind does not need is null or 0.
     *
     * @param norm      whether the length of each vector is read
     * @param direction the directions along which vectors are read
     * @param each      whether columns are counted each, or all together
     * @param folder    of stored values
     */
    record Collecting(String name, Kind kind, List<Target> targets, boolean norm, Optional<Tensor> direction,
            boolean each, boolean byPosition, int bins, Optional<List<Double>> range, int k, int context,
            boolean largest, double above, Optional<Metric> metric, Optional<String> folder) {

        Collector collector(Model model, Path stored) {
            List<Site> sites = Kept.sites(model, false, targets);
            Reading reading = direction.<Reading>map(Reading.Along::new).orElse(norm ? Reading.NORM
                    : Reading.COORDINATES);
            return switch (kind) {
                case MEAN -> new Collector.Mean(sites, reading, byPosition);
                case COVARIANCE -> new Collector.Covariance(sites, reading);
                case HISTOGRAM -> new Collector.Histogram(sites, reading, bins,
                        range.map(r -> new Collector.Range(r.get(0), r.get(1))), each);
                case QUANTILES -> new Collector.Quantiles(sites, reading, each);
                case TOP -> new Collector.Top(sites, reading, k, context, largest);
                case FREQUENCY -> new Collector.Frequency(sites, reading, above);
                case STORE -> new Collector.Store(sites, reading, stored.resolve(name));
                case LOSS -> new Collector.Loss();
                case METRIC -> new Collector.OfRows(metric.orElseThrow());
            };
        }
    }

    record SurveyRequest(Model model, Dataset data, List<Collecting> collect, List<Declared> hooks, OptionalInt batch,
            Optional<List<Integer>> at, boolean resume) {

        Model changed() {
            List<Intervention> changes = hooks.stream().flatMap(one -> one.in(model).stream()).toList();
            return changes.isEmpty() ? model : model.with(changes);
        }
    }

    @HostAccess.Export public Survey.Result run(Value request) throws IOException {
        SurveyRequest asked = Requests.read(request, SurveyRequest.class);
        Optional<Path> kept = asked.resume() ? host.survey() : Optional.empty();
        boolean stores = asked.collect().stream().anyMatch(one -> one.kind() == Kind.STORE);
        Path stored = kept.map(Resumption::folder).orElseGet(() -> stores ? temporary() : Path.of("."));
        Map<String, Collector> collectors = new LinkedHashMap<>();
        for (Collecting one : asked.collect()) {
            if (one.kind() == Kind.STORE) Files.createDirectories(stored.resolve(one.name()));
            collectors.put(one.name(), one.collector(asked.changed(), stored));
        }
        Survey.Settings settings = new Survey.Settings(asked.batch(), asked.at(), OptionalLong.empty(),
                Optional.empty(), (_, _, _) -> {});
        Survey.Result result =
                Surveying.run(host, asked.changed(), asked.data(), collectors, settings, kept);
        for (Collecting one : asked.collect())
            if (one.kind() == Kind.STORE) deliver(one, stored.resolve(one.name()), result);
        return result;
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("survey");
        } catch (IOException e) {
            throw new UsageException("no folder for the stored values: " + e.getMessage());
        }
    }

    /** Copies the stored files into the run's folder, with the index of their rows. */
    private void deliver(Collecting one, Path from, Survey.Result result) throws IOException {
        Table index = index(result.found().get(one.name()).stored());
        long bytes = 0;
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) bytes += Files.size(file);
        }
        host.saveFolder(one.folder().orElseThrow(), bytes, folder -> {
            Files.createDirectories(folder);
            try (Stream<Path> files = Files.list(from)) {
                for (Path file : files.sorted().toList())
                    Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
            try (OutputStream out = Files.newOutputStream(folder.resolve("index.parquet"))) {
                TableFormat.PARQUET.write(index, out);
            }
        });
    }

    private static Table index(List<Survey.Stored> stored) {
        List<List<Object>> rows = new ArrayList<>();
        for (Survey.Stored s : stored)
            rows.add(List.of(s.hook(), s.row(), s.file(), (long) s.first(), (long) s.tokens(), s.place()));
        return new Table(List.of("hook", "row", "file", "first", "tokens", "place"), rows);
    }

    // ---- results

    @HostAccess.Export public ProxyObject read(Survey.Result result) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("rows", result.rows());
        facts.put("tokens", result.tokens());
        facts.put("documents", result.documents());
        facts.put("empty", result.empty());
        facts.put("invalid", result.invalid().count());
        facts.put("named", ProxyArray.fromList(List.copyOf(result.invalid().named())));
        facts.put("leftOut", ProxyArray.fromList(List.copyOf(result.leftOut())));
        return ProxyObject.fromMap(facts);
    }

    @HostAccess.Export public Found found(Survey.Result result, String name) { return result.found().get(name); }

    @HostAccess.Export public String[] names(Found found) { return found.names().toArray(String[]::new); }

    /** Returns the hook name that a target names among those surveyed, and its head or -1; null is the only one. */
    @HostAccess.Export public ProxyArray place(Found found, Model model, Value target) {
        List<String> names = found.names();
        if (target.isNull()) {
            if (names.size() == 1) return ProxyArray.fromArray(names.getFirst(), -1);
            throw new UsageException("this was surveyed of " + names.size() + " values, " + names.getFirst() + " to "
                    + names.getLast() + ": name one");
        }
        Site site = one(((Target) target.asHostObject()).sites(model.configuration()));
        List<String> named = model.hookNames().match(site.value()).stream().filter(names::contains).distinct().toList();
        if (named.size() == 1)
            return ProxyArray.fromArray(named.getFirst(),
                    site.heads().filter(h -> h.size() == 1).map(List::getFirst).orElse(-1));
        throw new UsageException(site + (named.isEmpty() ? " was not surveyed; surveyed: "
                + String.join(", ", names.subList(0, Math.min(6, names.size()))) + (names.size() > 6 ? ", …" : "")
                : " names " + named.size() + " surveyed values; name one"));
    }

    private static Site one(List<Site> sites) {
        if (sites.size() == 1) return sites.getFirst();
        throw new UsageException("one surveyed value at a time, and this names " + sites.size() + ", "
                + sites.getFirst() + " to " + sites.getLast());
    }

    /** @param head of which the part is taken, or -1 for the whole */
    @HostAccess.Export public Tensor tensor(Found found, String name, int head) {
        Tensor whole = found.tensor(name);
        List<Integer> heads = found.columns(name).stream().map(Survey.Column::head).distinct()
                .map(h -> h.orElse(-1)).toList();
        if (head < 0 || heads.equals(List.of(head))) return whole;
        if (!heads.contains(head)) throw new UsageException("head " + head + " of " + name + " was not surveyed");
        String axis = whole.shape().indexOf("kvHead") >= 0 ? "kvHead" : "head";
        return whole.at(axis, heads.indexOf(head));
    }

    @HostAccess.Export public Tensor quantile(Found found, String name, double q) { return found.quantile(name, q); }

    @HostAccess.Export public ProxyObject histogram(Found found, String name, int column) {
        Survey.Histogram h = found.histogram(name, column);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("from", h.from());
        facts.put("width", h.width());
        facts.put("counts", ProxyArray.fromList(Arrays.stream(h.counts()).<Object>mapToObj(n -> n).toList()));
        facts.put("below", h.below());
        facts.put("above", h.above());
        return ProxyObject.fromMap(facts);
    }

    @HostAccess.Export public Tensor largest(Found found, String name) { return found.largest(name); }

    /** Returns the columns that are largest relative to the others of their value, as pairs of a name and a number. */
    @HostAccess.Export public ProxyArray mostOf(Found found, int most) {
        record Ranked(String name, int column, double score) {}
        List<Ranked> all = new ArrayList<>();
        for (String name : found.names()) {
            float[] largest = found.largest(name).data().toArray(ValueLayout.JAVA_FLOAT);
            double typical = 1e-6;
            for (float x : largest) typical += Math.abs(x) / largest.length;
            for (int i = 0; i < largest.length; i++)
                if (Float.isFinite(largest[i])) all.add(new Ranked(name, i, Math.abs(largest[i]) / typical));
        }
        return ProxyArray.fromList(all.stream().sorted(Comparator.comparingDouble(one -> -one.score())).limit(most)
                .<Object>map(one -> ProxyArray.fromArray(one.name(), one.column())).toList());
    }

    /** Returns the number of a column by its head and its number, either of which is -1 where there is none. */
    @HostAccess.Export public int column(Found found, String name, int head, int number) {
        List<Survey.Column> columns = found.columns(name);
        for (int i = 0; i < columns.size(); i++) {
            Survey.Column c = columns.get(i);
            boolean here = (head < 0 ? c.head().isEmpty() || alone(columns) : c.head().equals(Optional.of(head)))
                    && (number < 0 ? c.number().isEmpty() || columns.size() == 1
                            : c.number().equals(Optional.of(number)));
            if (here) return i;
        }
        throw new UsageException("there is no " + (head >= 0 ? "head " + head + (number >= 0 ? ", " : "") : "")
                + (number >= 0 ? "number " + number : head < 0 ? "column without a number" : "") + " among what was "
                + "surveyed of " + name);
    }

    private static boolean alone(List<Survey.Column> columns) {
        return columns.stream().map(Survey.Column::head).distinct().count() == 1;
    }

    @HostAccess.Export public ProxyArray examples(Found found, String name, int column, Model model) {
        return ProxyArray.fromList(found.examples(name, column).stream().<Object>map(one -> {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("value", (double) one.value());
            facts.put("row", one.row());
            facts.put("position", one.position());
            facts.put("peak", one.peak());
            facts.put("tokens", one.tokens());
            facts.put("pieces", TokenLabels.of(model, one.tokens()));
            facts.put("activations", one.activations());
            return ProxyObject.fromMap(facts);
        }).toList());
    }

    /** Returns the metric of every row [row]. */
    @HostAccess.Export public Tensor rows(Found found) {
        double[] numbers = found.rows();
        float[] floats = new float[numbers.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) numbers[i];
        return Tensor.of(Shape.of("row", floats.length), floats);
    }

    @HostAccess.Export public ProxyArray loss(Found found) {
        Found.Loss loss = found.loss();
        return ProxyArray.fromArray(loss.mean(), (double) loss.tokens(),
                Tensor.of(Shape.of("pos", loss.byPosition().length), loss.byPosition()));
    }

    @HostAccess.Export public Table stored(Found found) { return index(found.stored()); }
}
