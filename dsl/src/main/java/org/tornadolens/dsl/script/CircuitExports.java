package org.tornadolens.dsl.script;

import static org.tornadolens.dsl.script.Sweeps.about;
import static org.tornadolens.dsl.script.Sweeps.settings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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
import org.tornadolens.dsl.chart.Options;
import org.tornadolens.dsl.chart.Width;
import org.tornadolens.model.Model;
import org.tornadolens.patching.Ablation;
import org.tornadolens.patching.Circuit;
import org.tornadolens.patching.CircuitCurve;
import org.tornadolens.patching.CircuitDiscovery;
import org.tornadolens.patching.CircuitEvaluation;
import org.tornadolens.patching.EdgeDiscovery;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.patching.Sweep;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code circuit.js}: circuits as graphs of heads and MLPs. */
public final class CircuitExports {

    private final Host host;

    CircuitExports(Host host) { this.host = host; }

    record CircuitRequest(String name, List<NodeRequest> nodes, List<EdgeRequest> edges) {}

    /** @param members heads and MLPs by name: {@code "10.29"}, {@code "mlp 7"} */
    record NodeRequest(String name, List<String> members) {}

    /** @param kind what the receiving heads read: q, k or v; empty if not known */
    record EdgeRequest(String from, String to, Optional<String> kind, Optional<Double> effect) {
        Circuit.Edge edge() { return new Circuit.Edge(from, to, Receiver.Kind.parse(kind.orElse("")), effect); }
    }

    @HostAccess.Export public Circuit circuit(Value request) {
        CircuitRequest asked = Requests.read(request, CircuitRequest.class);
        Map<String, List<Sender>> nodes = new LinkedHashMap<>();
        for (NodeRequest node : asked.nodes())
            nodes.put(node.name(), node.members().stream().map(Sender::parse).toList());
        return new Circuit(asked.name(), nodes, asked.edges().stream().map(EdgeRequest::edge).toList());
    }

    /** The parts that are pruned or knocked out. */
    enum Part { NODE, EDGE }

    record EvaluationRequest(Circuit circuit, ExperimentRequest experiment, Ablation.Kind ablate, Part by) {}

    @HostAccess.Export public ProxyObject evaluate(Value request) throws IOException {
        EvaluationRequest asked = Requests.read(request, EvaluationRequest.class);
        Circuit circuit = asked.circuit();
        ExperimentRequest experiment = asked.experiment();
        Model model = experiment.model();
        boolean edges = asked.by() == Part.EDGE;
        try (Progress progress = host.progress("evaluating " + circuit.name())) {
            Sweep.Settings settings = settings(host, progress, "cells", about("evaluate", model, circuit,
                    experiment.clean(), experiment.corrupted(), asked.ablate(), edges));
            CircuitEvaluation found = edges
                    ? CircuitEvaluation.ofEdges(model, circuit, experiment.pair(), experiment.metric().ofEdges(),
                            asked.ablate(), settings)
                    : CircuitEvaluation.of(model, circuit, experiment.pair(), experiment.measure(), asked.ablate(),
                            settings);
            Map<String, Object> minimality = new LinkedHashMap<>(found.minimality()), without = new LinkedHashMap<>();
            found.without().forEach((node, two) -> without.put(node, ProxyArray.fromArray(two[0], two[1])));
            return ProxyObject.fromMap(new LinkedHashMap<>(
                    Map.of("model", found.model(), "circuit", found.circuit(), "faithfulness", found.faithfulness(),
                            "completeness", found.completeness(), "minimality", ProxyObject.fromMap(minimality),
                            "without", ProxyObject.fromMap(without))));
        }
    }

    /** @param mlps whether MLPs are pruned too, by node */
    record DiscoveryRequest(String name, ExperimentRequest experiment, double threshold, Ablation.Kind ablate, Part by,
            boolean mlps) {}

    @HostAccess.Export public Circuit discover(Value request) throws IOException {
        DiscoveryRequest asked = Requests.read(request, DiscoveryRequest.class);
        try (Progress progress = host.progress("discovering " + asked.name())) {
            return asked.by() == Part.NODE ? nodes(asked, progress) : edges(asked, progress);
        }
    }

    private Circuit nodes(DiscoveryRequest asked, Progress progress) throws IOException {
        ExperimentRequest experiment = asked.experiment();
        String about = about("discover", experiment.model(), experiment.clean(), experiment.corrupted(),
                asked.threshold(), asked.ablate(), asked.mlps());
        return CircuitDiscovery.of(experiment.model(), asked.name(),
                new CircuitDiscovery.Request(experiment.pair(), experiment.measure(), asked.threshold(), asked.ablate(),
                        asked.mlps()),
                settings(host, progress, "steps", about));
    }

    private Circuit edges(DiscoveryRequest asked, Progress progress) throws IOException {
        ExperimentRequest experiment = asked.experiment();
        String about = about("discover edges", experiment.model(), experiment.clean(), experiment.corrupted(),
                asked.threshold(), asked.ablate());
        return EdgeDiscovery.of(experiment.model(), asked.name(),
                new EdgeDiscovery.Request(experiment.pair(), experiment.metric().ofEdges(), asked.threshold(),
                        asked.ablate()),
                settings(host, progress, "receivers", about));
    }

    /** @param receivers empty for scores of nodes */
    record CurveRequest(ExperimentRequest experiment, List<String> senders, List<String> receivers, Tensor scores,
            List<Double> sizes, Ablation.Kind ablate) {
        CircuitCurve.Request curve() {
            return new CircuitCurve.Request(experiment.pair(), new CircuitCurve.Scores(senders, receivers, scores),
                    sizes.stream().mapToDouble(Double::doubleValue).toArray(), ablate);
        }
    }

    @HostAccess.Export public ProxyObject curve(Value request) throws IOException {
        CurveRequest asked = Requests.read(request, CurveRequest.class);
        ExperimentRequest experiment = asked.experiment();
        Model model = experiment.model();
        try (Progress progress = host.progress("circuits of growing size")) {
            Sweep.Settings settings = settings(host, progress, "circuits",
                    about("curve", model, experiment.clean(), experiment.corrupted(), asked.senders(),
                            asked.receivers(), Arrays.deepHashCode(new Object[]{asked.scores().toArray()}),
                            asked.sizes(),
                            asked.ablate()));
            CircuitCurve found = asked.receivers().isEmpty()
                    ? CircuitCurve.ofNodes(model, asked.curve(), experiment.measure(), settings)
                    : CircuitCurve.ofEdges(model, asked.curve(), experiment.metric().ofEdges(), settings);
            return ProxyObject.fromMap(new LinkedHashMap<>(Map.of("counts", ProxyArray.fromList(boxed(found.counts())),
                    "metric", vector(found.metric()), "faithfulness", vector(found.faithfulness()), "model",
                    found.model(), "none", found.none(), "cpr", found.performanceRatio(), "cmd",
                    found.modelDistance())));
        }
    }

    private static List<Object> boxed(int[] numbers) {
        return new ArrayList<>(Arrays.stream(numbers).boxed().toList());
    }

    private static Tensor vector(double[] numbers) {
        Tensor vector = Tensor.zeros(Shape.of("size", numbers.length));
        for (int i = 0; i < numbers.length; i++) vector.set((float) numbers[i], i);
        return vector;
    }

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

    /** @param width in words, or in {@code pixels} */
    record Look(String title, Optional<String> width, Optional<Integer> pixels) {}

    @HostAccess.Export public Chart draw(Circuit circuit, Value look) {
        Look given = Requests.read(look, Look.class);
        Options options = Options.NONE.title(given.title);
        Optional<Width> width = given.width.map(Width::of).or(() -> given.pixels.map(Width::ofPixels));
        List<String> names = drawn(circuit);
        int[] ranks = ranks(circuit, names);
        List<Graph.Node> nodes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++)
            nodes.add(new Graph.Node(names.get(i), lines(names.get(i), circuit), ranks[i]));
        List<Graph.Edge> edges = circuit.edges().stream()
                .map(edge -> new Graph.Edge(names.indexOf(edge.from()), names.indexOf(edge.to()),
                        edge.kind().map(k -> k.text()).orElse(""), edge.effect().orElse(Double.NaN)))
                .toList();
        return new Graph(width.map(options::width).orElse(options), nodes, edges);
    }

    /** The circuit's nodes, and those of the embedding and the logits that edges join. */
    static List<String> drawn(Circuit circuit) {
        List<String> names = new ArrayList<>(circuit.nodes().keySet());
        for (String end : List.of(Circuit.EMBEDDING, Circuit.LOGITS)) {
            if (circuit.edges().stream().anyMatch(edge -> edge.from().equals(end) || edge.to().equals(end)))
                names.add(end);
        }
        return names;
    }

    /** A node's members, four to a line; none if the only one is the node's name. */
    private static List<String> lines(String name, Circuit circuit) {
        List<String> members = circuit.nodes().getOrDefault(name, List.of()).stream().map(Sender::toString).toList();
        if (members.equals(List.of(name))) return List.of();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < members.size(); i += 4)
            lines.add(String.join(", ", members.subList(i, Math.min(members.size(), i + 4))));
        return lines;
    }

    /** Each node's rank: that of its earliest member, and above the rank of every node that it reads from. */
    static int[] ranks(Circuit circuit, List<String> names) {
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
