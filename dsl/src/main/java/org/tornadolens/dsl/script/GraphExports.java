package org.tornadolens.dsl.script;
import static org.tornadolens.dsl.script.Surveys.about;
import static org.tornadolens.dsl.script.Surveys.measure;
import static org.tornadolens.dsl.script.Surveys.settings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.Graph;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Ablation;
import org.tornadolens.patching.Circuit;
import org.tornadolens.patching.CircuitDiscovery;
import org.tornadolens.patching.CircuitEvaluation;
import org.tornadolens.patching.EdgeDiscovery;
import org.tornadolens.patching.Pair;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.patching.Sweep;

/** Behind {@code graph.js}: circuits as graphs of heads and MLPs. */
public final class GraphExports {

    private final Host host;

    GraphExports(Host host) { this.host = host; }

    /**
     * @param members of each node the names of its heads and MLPs: {@code "10.29"}, {@code "mlp 7"}
     * @param kinds   of each edge "q", "k", "v" or ""
     * @param effects of each edge; NaN where it is not known
     */
    @HostAccess.Export public Circuit circuit(String name, Value nodes, Value members, Value from, Value to,
            Value kinds, Value effects) {
        Map<String, List<Sender>> named = new LinkedHashMap<>();
        List<String> names = Arguments.strings(nodes), froms = Arguments.strings(from), tos = Arguments.strings(to),
                by = Arguments.strings(kinds);
        for (int i = 0; i < names.size(); i++) {
            List<Sender> all = new ArrayList<>();
            for (String member : Arguments.strings(members.getArrayElement(i))) all.add(Sender.parse(member));
            named.put(names.get(i), all);
        }
        double[] sizes = Arguments.doubles(effects);
        List<Circuit.Edge> edges = new ArrayList<>();
        for (int i = 0; i < froms.size(); i++) {
            Optional<Receiver.Kind> kind = Receiver.Kind.parse(by.get(i));
            edges.add(new Circuit.Edge(froms.get(i), tos.get(i), kind,
                    Double.isNaN(sizes[i]) ? Optional.empty() : Optional.of(sizes[i])));
        }
        return new Circuit(name, named, edges);
    }

    /** @param edges whether edges are cut instead of nodes knocked out */
    @HostAccess.Export public ProxyObject evaluate(Circuit circuit, Model model, Tokens clean, Tokens corrupted,
            Metric metric, Value function, String ablate, boolean edges) throws IOException {
        try (Progress progress = host.progress("evaluating " + circuit.name())) {
            Pair pair = new Pair(clean, corrupted);
            Sweep.Settings settings = settings(host, progress, "cells",
                    about("evaluate", model, circuit, clean, corrupted, ablate, edges));
            CircuitEvaluation found = edges
                    ? CircuitEvaluation.ofEdges(model, circuit, pair, declared(metric), kind(ablate), settings)
                    : CircuitEvaluation.of(model, circuit, pair, measure(metric, function), kind(ablate), settings);
            Map<String, Object> minimality = new LinkedHashMap<>(found.minimality()), without = new LinkedHashMap<>();
            found.without().forEach((node, two) -> without.put(node, ProxyArray.fromArray(two[0], two[1])));
            return ProxyObject.fromMap(new LinkedHashMap<>(
                    Map.of("model", found.model(), "circuit", found.circuit(), "faithfulness", found.faithfulness(),
                            "completeness", found.completeness(), "minimality", ProxyObject.fromMap(minimality),
                            "without", ProxyObject.fromMap(without))));
        }
    }

    @HostAccess.Export public Circuit discover(String name, Model model, Tokens clean, Tokens corrupted, Metric metric,
            Value function, double threshold, String ablate, boolean mlps) throws IOException {
        try (Progress progress = host.progress("discovering " + name)) {
            return CircuitDiscovery.of(model, name,
                    new CircuitDiscovery.Request(new Pair(clean, corrupted), measure(metric, function), threshold,
                            kind(ablate), mlps),
                    settings(host, progress, "steps",
                            about("discover", model, clean, corrupted, threshold, ablate, mlps)));
        }
    }

    @HostAccess.Export public Circuit discoverEdges(String name, Model model, Tokens clean, Tokens corrupted,
            Metric metric, Value function, double threshold, String ablate) throws IOException {
        try (Progress progress = host.progress("discovering " + name)) {
            return EdgeDiscovery.of(model, name,
                    new EdgeDiscovery.Request(new Pair(clean, corrupted), declared(metric), threshold, kind(ablate)),
                    settings(host, progress, "receivers",
                            about("discover edges", model, clean, corrupted, threshold, ablate)));
        }
    }

    /** Edges are cut inside a run, where no function of a whole run can look. */
    private static Metric declared(Metric metric) {
        if (metric == null)
            throw new UsageException(
                    "edges are measured by a declared metric, as metric.kl(…) or metric.logitDiff(…) make one, not by a function");
        return metric;
    }

    private static Ablation.Kind kind(String ablate) { return Ablation.Kind.valueOf(ablate.toUpperCase(Locale.ROOT)); }

    // ---- as text and as a picture

    /** { name, nodes: { name: ["1.22", "mlp 3"] }, edges: [{ from, to, effect }] } */
    @HostAccess.Export public String json(Circuit circuit) {
        JsonObject json = new JsonObject(), nodes = new JsonObject();
        json.addProperty("name", circuit.name());
        circuit.nodes().forEach((name, members) -> {
            JsonArray all = new JsonArray();
            members.forEach(member -> all.add(member.toString()));
            nodes.add(name, all);
        });
        json.add("nodes", nodes);
        JsonArray edges = new JsonArray();
        for (Circuit.Edge edge : circuit.edges()) {
            JsonObject one = new JsonObject();
            one.addProperty("from", edge.from());
            one.addProperty("to", edge.to() + edge.kind().map(k -> "." + k.text()).orElse(""));
            edge.effect().ifPresent(effect -> one.addProperty("effect", effect));
            edges.add(one);
        }
        json.add("edges", edges);
        return json.toString();
    }

    /** The text of a file that the script may read. */
    @HostAccess.Export public String read(String file) throws IOException {
        return Files.readString(host.readable(file));
    }

    @HostAccess.Export public Chart draw(Circuit circuit, String title) {
        List<String> names = new ArrayList<>(circuit.nodes().keySet());
        for (String end : List.of(Circuit.EMBEDDING, Circuit.LOGITS)) {
            if (circuit.edges().stream().anyMatch(edge -> edge.from().equals(end) || edge.to().equals(end)))
                names.add(end);
        }
        int[] ranks = ranks(circuit, names);
        List<Graph.Node> nodes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++)
            nodes.add(new Graph.Node(names.get(i), lines(names.get(i), circuit), ranks[i]));
        List<Graph.Edge> edges = circuit.edges().stream()
                .map(edge -> new Graph.Edge(names.indexOf(edge.from()), names.indexOf(edge.to()),
                        edge.kind().map(k -> k.text()).orElse(""), edge.effect().orElse(Double.NaN)))
                .toList();
        return new Graph(title, nodes, edges);
    }

    /** A node's members, four to a line; none where its name says it. */
    private static List<String> lines(String name, Circuit circuit) {
        List<String> members = circuit.nodes().getOrDefault(name, List.of()).stream().map(Sender::toString).toList();
        if (members.equals(List.of(name))) return List.of();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < members.size(); i += 4)
            lines.add(String.join(", ", members.subList(i, Math.min(members.size(), i + 4))));
        return lines;
    }

    /** A node stands at its earliest member, and after every node that it reads from. */
    private static int[] ranks(Circuit circuit, List<String> names) {
        int[] ranks = new int[names.size()];
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = circuit.nodes().containsKey(names.get(i)) ? circuit.nodes().get(names.get(i)).stream()
                    .mapToInt(Sender::order).min().orElseThrow() : names.get(i).equals(Circuit.EMBEDDING) ? -1 : 0;
        }
        for (int round = 0; round <= names.size(); round++) {
            boolean moved = false;
            for (Circuit.Edge edge : circuit.edges()) {
                int from = names.indexOf(edge.from()), to = names.indexOf(edge.to());
                if (ranks[to] > ranks[from]) continue;
                ranks[to] = ranks[from] + 1;
                moved = true;
            }
            int logits = names.indexOf(Circuit.LOGITS);
            if (logits >= 0)
                for (int i = 0; i < ranks.length; i++)
                    if (i != logits) ranks[logits] = Math.max(ranks[logits], ranks[i] + 1);
            if (!moved) return ranks;
        }
        throw new UsageException("the nodes of " + circuit.name()
                + " lead in a circle: split those whose heads lie in layers before and after each other's");
    }
}
