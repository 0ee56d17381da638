package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;

/**
 * Evaluates how much of a model's behaviour a circuit explains (Wang et al. 2022). F(X) is the metric of the model with
 * everything outside X ablated, M the whole model, C the circuit; K ranges over no node, each single node, and for
 * completeness the whole circuit.
 *
 * @param model        F(M)
 * @param circuit      F(C)
 * @param faithfulness F(C) / F(M)
 * @param completeness 1 - max over K of |F(C∖K) - F(M∖K)| / |F(M)|; 1 if nothing outside the circuit has an effect of
 *                     its own
 * @param minimality   for each node v, max over K of |F(C∖K∖v) - F(C∖K)| / |F(M)|; 0 if v is not needed
 * @param without      for each node v, [F(C∖v), F(M∖v)]
 */
public record CircuitEvaluation(double model, double circuit, double faithfulness, double completeness,
        Map<String, Double> minimality, Map<String, double[]> without) {

    /** Evaluates a circuit by ablating heads and MLPs. */
    public static CircuitEvaluation of(Model model, Circuit circuit, Pair pair, Measure measure, Ablation.Kind kind,
            Sweep.Settings settings) {
        Ablation ablation = new Ablation(model, pair, kind);
        List<Sender> universe = circuit.universe(model.configuration());
        check(model, circuit, universe);
        Set<Sender> outside = new HashSet<>(universe);
        circuit.members().forEach(outside::remove);
        return of(circuit, all -> {
            List<List<Intervention>> cells = all.stream().map(left -> {
                Set<Sender> out = left.of == Whole.CIRCUIT ? new HashSet<>(outside) : new HashSet<>();
                for (String node : left.without) out.addAll(circuit.nodes().get(node));
                return ablation.of(universe.stream().filter(out::contains).toList());
            }).toList();
            return measure.sweep(model, pair.clean(), cells, settings).cells();
        });
    }

    /**
     * Evaluates a circuit by cutting edges: in the circuit, all edges but its own are cut. Ablating a node cuts every
     * edge from it, so that its inputs no longer matter.
     */
    public static CircuitEvaluation ofEdges(Model model, Circuit circuit, Pair pair, Metric metric, Ablation.Kind kind,
            Sweep.Settings settings) {
        if (circuit.edges().isEmpty())
            throw new UsageException("the circuit " + circuit.name() + " has no edges by which to evaluate it");
        EdgePatching edges = new EdgePatching(model, pair, metric, kind);
        check(model, circuit, edges.senders());
        return of(circuit, all -> {
            double[] numbers = new double[all.size()];
            for (int i = 0; i < numbers.length; i++) {
                String unit = "left " + all.get(i);
                numbers[i] = settings.journal().recall(unit).orElse(new double[]{Double.NaN})[0];
                if (Double.isNaN(numbers[i])) numbers[i] = edges.metric(cut(edges, circuit, all.get(i)));
                settings.journal().remember(unit, new double[]{numbers[i]});
                settings.progress().done(i + 1, numbers.length);
            }
            return numbers;
        });
    }

    /** Rejects heads and MLPs that the model does not have. */
    private static void check(Model model, Circuit circuit, List<Sender> universe) {
        for (Sender member : circuit.members())
            if (!universe.contains(member)) model.with(List.of(new Intervention.AblateZero(member.site())));
    }

    private static Map<Receiver, Set<Sender>> cut(EdgePatching edges, Circuit circuit, Left left) {
        Set<Sender> out = new HashSet<>();
        for (String node : left.without) out.addAll(circuit.nodes().get(node));
        Map<Receiver, Set<Sender>> kept = new HashMap<>();
        if (left.of == Whole.CIRCUIT) for (Circuit.Edge edge : circuit.edges()) keep(edges, circuit, edge, out, kept);
        Map<Receiver, Set<Sender>> cut = new HashMap<>();
        for (Receiver receiver : edges.receivers()) {
            Set<Sender> senders = new HashSet<>(edges.before(receiver));
            if (left.of == Whole.CIRCUIT) senders.removeAll(kept.getOrDefault(receiver, Set.of()));
            else senders.retainAll(out);
            cut.put(receiver, senders);
        }
        return cut;
    }

    /** Adds the edges between heads and MLPs that an edge between nodes represents. */
    private static void keep(EdgePatching edges, Circuit circuit, Circuit.Edge edge, Set<Sender> out,
            Map<Receiver, Set<Sender>> kept) {
        List<Sender> from = edge.from().equals(Circuit.EMBEDDING) ? List.of(new Sender.Embedding())
                : circuit.nodes().get(edge.from());
        List<Receiver> to = edge.to().equals(Circuit.LOGITS) ? List.of(edges.receivers().getLast())
                : circuit.nodes().get(edge.to()).stream().filter(node -> !out.contains(node))
                        .flatMap(node -> edges.inputs(node).stream()).filter(edge::reads).toList();
        for (Receiver receiver : to) {
            for (Sender sender : from)
                if (!out.contains(sender) && sender.order() < receiver.order())
                    kept.computeIfAbsent(receiver, r -> new HashSet<>()).add(sender);
        }
    }

    // ---- the definitions, for both kinds of ablation

    private enum Whole { MODEL, CIRCUIT }

    /** The model or the circuit without some nodes; its text is part of the keys of the journal. */
    private record Left(Whole of, Set<String> without) {}

    private interface Measured {
        double[] numbers(List<Left> all);
    }

    private static CircuitEvaluation of(Circuit circuit, Measured measured) {
        Set<String> nodes = circuit.nodes().keySet();
        Set<Left> all = new LinkedHashSet<>();
        for (Whole whole : Whole.values()) {
            all.add(new Left(whole, Set.of()));
            all.add(new Left(whole, nodes));
            for (String v : nodes) all.add(new Left(whole, Set.of(v)));
        }
        for (String v : nodes) for (String k : nodes) all.add(new Left(Whole.CIRCUIT, union(v, k)));
        List<Left> ordered = new ArrayList<>(all);
        double[] numbers = measured.numbers(ordered);
        Map<Left, Double> f = new HashMap<>();
        for (int i = 0; i < numbers.length; i++) f.put(ordered.get(i), numbers[i]);

        double full = f.get(new Left(Whole.MODEL, Set.of())), alone = f.get(new Left(Whole.CIRCUIT, Set.of()));
        double incomplete = Math.max(Math.abs(alone - full),
                Math.abs(f.get(new Left(Whole.CIRCUIT, nodes)) - f.get(new Left(Whole.MODEL, nodes))));
        Map<String, Double> minimality = new LinkedHashMap<>();
        Map<String, double[]> without = new LinkedHashMap<>();
        for (String v : nodes) {
            double circuitWithout = f.get(new Left(Whole.CIRCUIT, Set.of(v))),
                    modelWithout = f.get(new Left(Whole.MODEL, Set.of(v)));
            incomplete = Math.max(incomplete, Math.abs(circuitWithout - modelWithout));
            double most = Math.abs(circuitWithout - alone);
            for (String k : nodes) {
                if (!k.equals(v))
                    most = Math.max(most, Math.abs(
                            f.get(new Left(Whole.CIRCUIT, union(v, k))) - f.get(new Left(Whole.CIRCUIT, Set.of(k)))));
            }
            minimality.put(v, most / Math.abs(full));
            without.put(v, new double[]{circuitWithout, modelWithout});
        }
        return new CircuitEvaluation(full, alone, alone / full, 1 - incomplete / Math.abs(full), minimality, without);
    }

    private static Set<String> union(String v, String k) {
        Set<String> both = new LinkedHashSet<>(List.of(v));
        both.add(k);
        return both;
    }
}
