package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.HostFunction;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Compares cut edges with whole runs in which hooks sum the input of every receiver, and ACDC with its plain loop. */
@BackendSuite class EdgeDiscoveryTest {

    static List<String> shapes() { return Small.shapes(); }

    private static final Metric METRIC = new Metric.LogitDifference(List.of(7), List.of(9), -1);

    private static Pair pair(Model model) {
        Tokens clean = Small.tokens(model, 1, 8, 6, 8);
        return new Pair(clean, Small.corrupted(clean, 2));
    }

    // ---- the oracle

    /** A whole run whose hooks record the output of every sender, and pass to every receiver the sum of its inputs. */
    private static final class Hooked {
        private final Model model;
        private final Configuration c;
        private final Pair pair;
        private final Metric metric;
        private final Map<Sender, Tensor> corrupted = new HashMap<>(), now = new HashMap<>();   // [batch, pos, dModel]
        private final List<Sender> senders = new ArrayList<>(List.of(new Sender.Embedding()));

        Hooked(Model model, Pair pair, Metric metric) {
            this.model = model;
            this.c = model.configuration();
            this.pair = pair;
            this.metric = metric;
            for (int layer = 0; layer < c.nLayers(); layer++) {
                for (int head = 0; head < c.nHeads(); head++) senders.add(new Sender.Head(new Head(layer, head)));
                senders.add(new Sender.Mlp(layer));
            }
            Run run = Small.everything(model, pair.corrupted());
            for (Sender sender : senders) corrupted.put(sender, written(sender, run.cache().get(writes(sender))));
        }

        private static String writes(Sender sender) {
            return sender instanceof Sender.Head(Head head) ? "blocks." + head.layer() + ".attn.hook_result"
                    : sender.site().value();
        }

        private static Tensor written(Sender sender, Tensor value) {
            return sender instanceof Sender.Head(Head head) ? value.at("head", head.head()).copy() : value.copy();
        }

        double metric(Map<Receiver, Set<Sender>> cut) {
            now.clear();
            List<Intervention> hooks = new ArrayList<>();
            for (String name : model.hookNames().all()) {
                HostFunction function = function(name, cut);
                if (function != null) hooks.add(new Intervention.Hook(Site.of(name), function));
            }
            return Arrays.stream(metric.of(model.run(pair.clean(), RunOptions.DEFAULT.with(hooks)))).average()
                    .orElseThrow();
        }

        private HostFunction function(String name, Map<Receiver, Set<Sender>> cut) {
            int layer = Hook.of(name).orElseThrow().layer();
            if (name.equals("hook_embed") || name.endsWith("hook_result") || name.endsWith("hook_mlp_out")) {
                return (value, _) -> {
                    for (Sender sender : senders)
                        if (writes(sender).equals(name)) now.put(sender, written(sender, value));
                    return value;
                };
            }
            for (Receiver.Kind kind : Receiver.Kind.values()) {
                if (!name.equals("blocks." + layer + ".hook_" + kind.name().toLowerCase() + "_input")) continue;
                return (value, _) -> {
                    String axis = value.shape().names().get(2);
                    for (int i = 0; i < value.shape().size(2); i++) {
                        int head = axis.equals("head") ? i : i * c.headsPerKv();
                        value.at(axis, i).assign(sum(new Receiver.Input(new Head(layer, head), kind), cut));
                    }
                    return value;
                };
            }
            if (name.endsWith("hook_mlp_in")) return (_, _) -> sum(new Receiver.Mlp(layer), cut);
            if (name.equals("blocks." + (c.nLayers() - 1) + ".hook_resid_post"))
                return (_, _) -> sum(new Receiver.Logits(c.nLayers()), cut);
            return null;
        }

        private Tensor sum(Receiver receiver, Map<Receiver, Set<Sender>> cut) {
            Tensor sum = null;
            for (Sender sender : senders) {
                if (sender.order() >= receiver.order()) continue;
                Tensor one =
                        cut.getOrDefault(receiver, Set.of()).contains(sender) ? corrupted.get(sender) : now.get(sender);
                sum = sum == null ? one : sum.add(one);
            }
            if (ParameterSpec.B_O.in(c)) {   // the results of heads exclude it
                Matrices matrices = new Matrices(c, model.weights());
                for (int layer = 0; 2 * layer < receiver.order(); layer++)
                    sum = sum.add(matrices.get(ParameterSpec.B_O, layer));
            }
            return sum;
        }
    }

    // ---- single cuts

    @ParameterizedTest
    @MethodSource("shapes") void anySetOfCutEdgesIsWhatWholeRunsFind(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        for (Metric metric : List.of(METRIC, new Metric.Loss(0))) {
            EdgePatching edges = new EdgePatching(model, pair, metric, Ablation.Kind.RESAMPLE);
            Hooked hooked = new Hooked(model, pair, metric);
            SplittableRandom random = new SplittableRandom(3);
            for (double share : new double[]{0, 0.1, 0.5, 0.9, 1}) {
                Map<Receiver, Set<Sender>> cut = new HashMap<>();
                for (Receiver receiver : edges.receivers()) {
                    Set<Sender> some = new HashSet<>();
                    for (Sender sender : edges.before(receiver)) if (random.nextDouble() < share) some.add(sender);
                    cut.put(receiver, some);
                }
                double expected = hooked.metric(cut);
                assertEquals(expected, edges.metric(cut), Small.TOLERANCE * Math.max(1, Math.abs(expected)),
                        share + " of the edges cut: " + cut);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void everythingCutIsTheCorruptedRun(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        EdgePatching edges = new EdgePatching(model, pair, METRIC, Ablation.Kind.RESAMPLE);
        Map<Receiver, Set<Sender>> all = new HashMap<>();
        edges.receivers().forEach(receiver -> all.put(receiver, new HashSet<>(edges.before(receiver))));
        assertEquals(new Measure.Declared(METRIC).of(model, pair.corrupted()), edges.metric(all), 1e-5);
        assertEquals(new Measure.Declared(METRIC).of(model, pair.clean()), edges.metric(Map.of()), 1e-5);
    }

    /** For prompts of equal length, the mean at a position is that over rows. */
    @Test void meansStandInForCutEdgesToo() {
        Model model = GoldenModels.open("grouped-query");
        Tokens clean = Small.tokens(model, 4, 7, 7, 7);
        Pair pair = new Pair(clean, Small.corrupted(clean, 2));
        Hooked hooked = new Hooked(model, pair, METRIC);
        hooked.corrupted.replaceAll((_, value) -> {
            Tensor mean = value.copy();
            mean.assign(value.mean("batch"));
            return mean;
        });
        EdgePatching edges = new EdgePatching(model, pair, METRIC, Ablation.Kind.MEAN);
        Map<Receiver, Set<Sender>> cut = Map.of(new Receiver.Mlp(1), Set.of(new Sender.Embedding(), new Sender.Mlp(0)),
                new Receiver.Input(new Head(1, 0), Receiver.Kind.V), Set.of(new Sender.Head(new Head(0, 1))));
        assertEquals(hooked.metric(cut), edges.metric(cut), 1e-5);
    }

    // ---- the search

    /** ACDC as in the paper: one edge after the other, each by a whole run. */
    private static Set<String> plainLoop(Model model, Pair pair, Metric metric, double threshold) {
        EdgePatching names = new EdgePatching(model, pair, metric, Ablation.Kind.RESAMPLE);
        Hooked hooked = new Hooked(model, pair, metric);
        double clean = new Measure.Declared(metric).of(model, pair.clean()),
                tau = threshold * Math.abs(clean - new Measure.Declared(metric).of(model, pair.corrupted()));
        Map<Receiver, Set<Sender>> cut = new HashMap<>();
        Set<String> kept = new TreeSet<>();
        double distance = 0;
        for (Receiver receiver : names.receivers().reversed()) {
            cut.put(receiver, new HashSet<>());
            for (Sender sender : names.before(receiver).reversed()) {
                cut.get(receiver).add(sender);
                double then = Math.abs(hooked.metric(cut) - clean);
                if (then - distance < tau) {
                    distance = then;
                } else {
                    cut.get(receiver).remove(sender);
                    kept.add(sender + " → " + receiver);
                }
            }
        }
        return kept;
    }

    @ParameterizedTest
    @MethodSource("shapes") void discoveryFindsTheEdgesOfThePlainLoop(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Pair pair = pair(model);
        for (Metric metric : List.of(METRIC,
                new Metric.KlDivergence(model.run(pair.clean(), RunOptions.DEFAULT.at(-1)).logits(), -1))) {
            Circuit found = discover(model, pair, metric, 0.04, Sweep.Settings.DEFAULT);
            Set<String> edges = new TreeSet<>();
            for (Circuit.Edge edge : found.edges()) {
                String to = edge.to();
                // a group of heads is named by its first head
                if (edge.kind().isPresent() && edge.kind().get() != Receiver.Kind.Q) {
                    int head = Integer.parseInt(to.substring(to.indexOf('.') + 1));
                    to = to.substring(0, to.indexOf('.') + 1) + head / c.headsPerKv() * c.headsPerKv();
                }
                edges.add(
                        edge.from() + " → " + to + edge.kind().map(kind -> "." + kind.name().toLowerCase()).orElse(""));
            }
            assertEquals(plainLoop(model, pair, metric, 0.04), edges);
            assertTrue(!edges.isEmpty() && edges.size() < 100, edges.size() + " edges");
        }
    }

    private static Circuit discover(Model model, Pair pair, Metric metric, double threshold, Sweep.Settings settings) {
        return EdgeDiscovery.of(model, "found",
                new EdgeDiscovery.Request(pair, metric, threshold, Ablation.Kind.RESAMPLE), settings);
    }

    @ParameterizedTest
    @MethodSource("shapes") void evaluationByEdgesCutsAllOthers(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Circuit found = discover(model, pair, METRIC, 0.04, Sweep.Settings.DEFAULT);
        CircuitEvaluation evaluation =
                CircuitEvaluation.ofEdges(model, found, pair, METRIC, Ablation.Kind.RESAMPLE, Sweep.Settings.DEFAULT);
        EdgePatching names = new EdgePatching(model, pair, METRIC, Ablation.Kind.RESAMPLE);
        Hooked hooked = new Hooked(model, pair, METRIC);
        double full = new Measure.Declared(METRIC).of(model, pair.clean());
        assertEquals(full, evaluation.model(), 1e-5);
        assertEquals(hooked.metric(others(names, found, List.of())), evaluation.circuit(), 1e-5);
        for (String node : found.nodes().keySet()) {
            Sender member = found.nodes().get(node).getFirst();
            assertEquals(hooked.metric(others(names, found, List.of(member))), evaluation.without().get(node)[0], 1e-5,
                    node);
            Map<Receiver, Set<Sender>> cut = new HashMap<>();
            for (Receiver receiver : names.receivers())
                cut.put(receiver, names.before(receiver).contains(member) ? Set.of(member) : Set.of());
            assertEquals(hooked.metric(cut), evaluation.without().get(node)[1], 1e-5, node);
        }
    }

    /** Returns every edge outside the circuit, and every edge from one of these senders. */
    private static Map<Receiver, Set<Sender>> others(EdgePatching names, Circuit circuit, List<Sender> out) {
        Map<Receiver, Set<Sender>> cut = new HashMap<>();
        for (Receiver receiver : names.receivers()) {
            Set<Sender> some = new HashSet<>();
            for (Sender sender : names.before(receiver)) {
                boolean kept = circuit.edges().stream().anyMatch(edge -> edge.from().equals(sender.toString())
                        && !out.contains(sender) && ends(edge, receiver, names, circuit, out));
                if (!kept) some.add(sender);
            }
            cut.put(receiver, some);
        }
        return cut;
    }

    private static boolean ends(Circuit.Edge edge, Receiver receiver, EdgePatching names, Circuit circuit,
            List<Sender> out) {
        if (edge.to().equals(Circuit.LOGITS)) return receiver instanceof Receiver.Logits;
        Sender node = circuit.nodes().get(edge.to()).getFirst();
        Optional<Receiver.Kind> kind =
                receiver instanceof Receiver.Input(var _, var k) ? Optional.of(k) : Optional.empty();
        return !out.contains(node) && names.inputs(node).contains(receiver) && edge.kind().equals(kind);
    }

    @Test void whatHasNoEdgesToFindIsRefused() {
        Model model = GoldenModels.open("multi-head");
        Pair pair = pair(model);
        Model changed = model.with(List.of(new Intervention.AblateZero(Site.of("blocks.0.hook_mlp_out"))));
        assertTrue(
                assertThrows(UsageException.class, () -> discover(changed, pair, METRIC, 0.1, Sweep.Settings.DEFAULT))
                        .getMessage().contains("blocks.0.hook_mlp_out"));
        assertThrows(UsageException.class,
                () -> discover(model, new Pair(pair.clean(), pair.clean()), METRIC, 0.1, Sweep.Settings.DEFAULT));
        assertThrows(UsageException.class, () -> discover(model, pair, METRIC, 0, Sweep.Settings.DEFAULT));
        Circuit bare = new Circuit("bare", Map.of("a", List.of(new Sender.Mlp(0))), List.of());
        assertThrows(UsageException.class, () -> CircuitEvaluation.ofEdges(model, bare, pair, METRIC,
                Ablation.Kind.RESAMPLE, Sweep.Settings.DEFAULT));
    }
}
