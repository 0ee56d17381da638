package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Circuit.Edge;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

@BackendSuite class CircuitTest {

    static List<String> shapes() { return Small.shapes(); }

    private static final Metric METRIC = new Metric.LogitDifference(List.of(7), List.of(9), -1);
    private static final Measure MEASURE = new Measure.Declared(METRIC);

    private static Sender head(int layer, int head) { return new Sender.Head(new Head(layer, head)); }

    private static Map<String, List<Sender>> nodes(Object... namesAndMembers) {
        Map<String, List<Sender>> nodes = new LinkedHashMap<>();
        for (int i = 0; i < namesAndMembers.length; i += 2) {
            @SuppressWarnings("unchecked")
            List<Sender> members = (List<Sender>) namesAndMembers[i + 1];
            nodes.put((String) namesAndMembers[i], members);
        }
        return nodes;
    }

    private static Edge edge(String from, String to) { return new Edge(from, to, Optional.empty(), Optional.empty()); }

    private static Edge edge(String from, String to, Receiver.Kind kind) {
        return new Edge(from, to, Optional.of(kind), Optional.empty());
    }

    private static Pair pair(Model model) {
        Tokens clean = Small.tokens(model, 1, 8, 6, 8);
        return new Pair(clean, Small.corrupted(clean, 2));
    }

    /** Returns the metric with all of these ablated, by whole runs. */
    private static double knockedOut(Model model, Pair pair, Run corrupted, Ablation.Kind kind, List<Sender> members) {
        List<Intervention> all = new ArrayList<>();
        for (Sender member : members) {
            Data data = corrupted.cache().data();
            if (kind == Ablation.Kind.MEAN)
                data = data.from(site -> meanByPosition(corrupted.cache().get(site.value()), pair.corrupted()));
            all.add(kind == Ablation.Kind.MEAN
                    ? new Intervention.Patch(member.site(),
                            new Data(data.values(), Optional.of(new int[1]), data.draw()))
                    : new Intervention.Patch(member.site(), data));
        }
        return Arrays.stream(METRIC.of(model.run(pair.clean(), RunOptions.DEFAULT.with(all)))).average().orElseThrow();
    }

    /** Averages over rows, position by position from the first real token; rows that are too short are left out. */
    private static Tensor meanByPosition(Tensor value, Tokens tokens) {
        int length = tokens.length();
        Tensor mean = Tensor.zeros(value.slice("batch", 0, 1).shape());
        for (int position = 0; position < length; position++) {
            int rows = 0;
            Tensor at = mean.slice("pos", position, position + 1);
            for (int row = 0; row < tokens.batch(); row++) {
                int index = tokens.padding()[row] + position;
                if (index >= length) continue;
                at.assign(at.add(value.slice("batch", row, row + 1).slice("pos", index, index + 1)));
                rows++;
            }
            at.assign(at.div(rows));
        }
        return mean;
    }

    private static List<Sender> without(List<Sender> all, List<Sender> some) {
        return all.stream().filter(s -> !some.contains(s)).toList();
    }

    @ParameterizedTest
    @MethodSource("shapes") void evaluationIsWhatWholeRunsFind(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Pair pair = pair(model);
        Run corrupted = Small.everything(model, pair.corrupted());
        List<Sender> one = List.of(head(0, 1)), other = List.of(head(1, 0), head(c.nLayers() - 1, 1)),
                mlps = List.of(new Sender.Mlp(0));
        for (Ablation.Kind kind : Ablation.Kind.values()) {
            for (Circuit circuit : List.of(
                    new Circuit("heads", nodes("one", one, "other", other), List.of(edge("one", "other"))),
                    new Circuit("mlp", nodes("one", one, "mlps", mlps), List.of()))) {
                CircuitEvaluation found =
                        CircuitEvaluation.of(model, circuit, pair, MEASURE, kind, Sweep.Settings.DEFAULT);
                List<Sender> universe = circuit.universe(c), outside = without(universe, circuit.members());
                double full = knockedOut(model, pair, corrupted, kind, List.of()),
                        alone = knockedOut(model, pair, corrupted, kind, outside);
                assertEquals(full, found.model(), 1e-5);
                assertEquals(alone, found.circuit(), 1e-5);
                assertEquals(alone / full, found.faithfulness(), 1e-4);
                double incomplete =
                        Math.max(Math.abs(alone - full), Math.abs(knockedOut(model, pair, corrupted, kind, universe)
                                - knockedOut(model, pair, corrupted, kind, circuit.members())));
                List<String> names = List.copyOf(circuit.nodes().keySet());
                for (int i = 0; i < 2; i++) {
                    List<Sender> v = circuit.nodes().get(names.get(i)), k = circuit.nodes().get(names.get(1 - i));
                    double circuitWithout = knockedOut(model, pair, corrupted, kind, joined(outside, v)),
                            modelWithout = knockedOut(model, pair, corrupted, kind, v);
                    assertEquals(circuitWithout, found.without().get(names.get(i))[0], 1e-5);
                    assertEquals(modelWithout, found.without().get(names.get(i))[1], 1e-5);
                    incomplete = Math.max(incomplete, Math.abs(circuitWithout - modelWithout));
                    double most = Math.max(Math.abs(circuitWithout - alone),
                            Math.abs(knockedOut(model, pair, corrupted, kind, joined(outside, joined(v, k)))
                                    - knockedOut(model, pair, corrupted, kind, joined(outside, k))));
                    assertEquals(most / Math.abs(full), found.minimality().get(names.get(i)), 1e-4);
                }
                assertEquals(1 - incomplete / Math.abs(full), found.completeness(), 1e-4);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void aCurveIsWhatWholeRunsFind(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Run corrupted = Small.everything(model, pair.corrupted());
        List<Sender> ranked = List.of(new Sender.Mlp(0), head(1, 0), head(0, 1), head(0, 0));
        Tensor scores = Tensor.zeros(org.tornadolens.tensor.Shape.of("node", 4));
        for (int i = 0; i < 4; i++) scores.set(i % 2 == 0 ? 4 - i : i - 4, i);
        double[] sizes = {0.25, 0.5, 1};
        for (Ablation.Kind kind : Ablation.Kind.values()) {
            CircuitCurve found = CircuitCurve.ofNodes(model,
                    new CircuitCurve.Request(pair, new CircuitCurve.Scores(
                            ranked.stream().map(Sender::toString).toList(), List.of(), scores), sizes, kind),
                    MEASURE, Sweep.Settings.DEFAULT);
            double full = knockedOut(model, pair, corrupted, kind, List.of()),
                    none = knockedOut(model, pair, corrupted, kind, ranked);
            assertEquals(full, found.model(), 1e-5);
            assertEquals(none, found.none(), 1e-5);
            double[] faithfulness = found.faithfulness();
            for (int i = 0; i < sizes.length; i++) {
                assertEquals((int) (4 * sizes[i]), found.counts()[i]);
                double alone = knockedOut(model, pair, corrupted, kind, ranked.subList((int) (4 * sizes[i]), 4));
                assertEquals(alone, found.metric()[i], 1e-5);
                assertEquals((alone - none) / (full - none), faithfulness[i], 1e-3);
            }
            assertEquals(
                    0.25 * (faithfulness[0] + faithfulness[1]) / 2 + 0.5 * (faithfulness[1] + faithfulness[2]) / 2,
                    found.performanceRatio(), 1e-9);
        }
    }

    private static List<Sender> joined(List<Sender> a, List<Sender> b) {
        List<Sender> all = new ArrayList<>(a);
        b.stream().filter(s -> !all.contains(s)).forEach(all::add);
        return all;
    }

    @Test void theWholeModelIsFaithfulAndComplete() {
        Model model = GoldenModels.open("multi-head");
        List<Sender> all = new ArrayList<>();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++)
            for (int head = 0; head < model.configuration().nHeads(); head++) all.add(head(layer, head));
        CircuitEvaluation found = CircuitEvaluation.of(model, new Circuit("all", nodes("all", all), List.of()),
                pair(model), MEASURE, Ablation.Kind.MEAN, Sweep.Settings.DEFAULT);
        assertEquals(1, found.faithfulness(), 1e-5);
        assertEquals(1, found.completeness(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void discoveryKeepsWhatMovesTheMetric(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Circuit everything = discover(model, 1e-9), nothing = discover(model, 1e9);
        assertEquals(c.nLayers() * c.nHeads(), everything.members().size());
        assertTrue(nothing.members().isEmpty() && nothing.edges().isEmpty());
        Circuit some = discover(model, 0.5);
        assertTrue(some.members().size() < everything.members().size());
        Pair pair = pair(model);
        double span = Math.abs(MEASURE.of(model, pair.clean()) - MEASURE.of(model, pair.corrupted()));
        CircuitEvaluation found =
                CircuitEvaluation.of(model, some, pair, MEASURE, Ablation.Kind.RESAMPLE, Sweep.Settings.DEFAULT);
        int removed = everything.members().size() - some.members().size();
        assertTrue(Math.abs(found.circuit() - found.model()) <= removed * 0.5 * span,
                "each of those knocked out moved the metric by less than the threshold");
        for (Edge edge : some.edges()) assertTrue(Math.abs(edge.effect().orElseThrow()) >= 0.5 * span, edge.toString());
    }

    private static Circuit discover(Model model, double threshold) {
        return CircuitDiscovery.of(model, "found",
                new CircuitDiscovery.Request(pair(model), MEASURE, threshold, Ablation.Kind.RESAMPLE, false),
                Sweep.Settings.DEFAULT);
    }

    @Test void whatCannotBeACircuitIsRefused() {
        Map<String, List<Sender>> nodes =
                nodes("early", List.of(head(0, 0)), "late", List.of(head(2, 1)), "mlp", List.of(new Sender.Mlp(0)));
        assertRefused("no part of late", nodes, edge("late", "early"));
        assertRefused("no node \"lat\"", nodes, edge("early", "lat"));
        assertRefused("runs backwards", nodes, edge("logits", "late"));
        assertRefused("runs backwards", nodes, edge("early", "embed"));
        assertRefused("only heads have", nodes, edge("early", "mlp", Receiver.Kind.K));
        assertRefused("only heads have", nodes, edge("early", "logits", Receiver.Kind.Q));
        assertThrows(UsageException.class, () -> new Circuit("c", nodes("empty", List.of()), List.of()));
        assertThrows(UsageException.class, () -> new Circuit("c", nodes("logits", List.of(head(0, 0))), List.of()));
        new Circuit("c", nodes, List.of(edge("embed", "early"), edge("early", "mlp"),
                edge("mlp", "late", Receiver.Kind.K), edge("late", "logits")));
        Model model = GoldenModels.open("multi-head");
        Pair same = new Pair(pair(model).clean(), pair(model).clean());
        assertThrows(UsageException.class, () -> CircuitDiscovery.of(model, "c",
                new CircuitDiscovery.Request(same, MEASURE, 0.1, Ablation.Kind.MEAN, false), Sweep.Settings.DEFAULT));
        for (Sender missing : List.of(head(0, 99), head(99, 0), new Sender.Mlp(99))) {
            assertThrows(UsageException.class,
                    () -> CircuitEvaluation.of(model, new Circuit("c", nodes("n", List.of(missing)), List.of()),
                            pair(model), MEASURE, Ablation.Kind.MEAN, Sweep.Settings.DEFAULT),
                    missing.toString());
        }
    }

    private static void assertRefused(String message, Map<String, List<Sender>> nodes, Edge edge) {
        String said = assertThrows(UsageException.class, () -> new Circuit("c", nodes, List.of(edge))).getMessage();
        assertTrue(said.contains(message), said);
    }
}
