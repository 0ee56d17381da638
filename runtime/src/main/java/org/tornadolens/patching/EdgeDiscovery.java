package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.patching.Circuit.Edge;

/**
 * Finds a circuit edge by edge with ACDC (Conmy et al. 2023). From the logits back to the first layer, and for each
 * receiver from its last sender to its first, an edge is cut permanently unless that increases the distance of the
 * metric from that of the whole model by the threshold or more. With {@code kl} to the model's own run, the distance is
 * the divergence of the paper.
 *
 * <p>Most edges are cut. A batch therefore tries cutting the next edge, the next two, the next three, and so on; edges
 * after the first one to be kept are tried again. The result is that of trying one edge at a time.
 */
public final class EdgeDiscovery {

    /**
     * What to explain, and how finely.
     *
     * @param threshold as a fraction of the difference of the metric between clean and corrupted prompts
     * @param ablate    the replacement of the sender's output on an edge that is cut
     */
    public record Request(Pair pair, Metric metric, double threshold, Ablation.Kind ablate) {
        public Request {
            CircuitDiscovery.check(pair, threshold);
        }
    }

    private final EdgePatching model;
    private final Request request;
    private final Sweep.Settings settings;
    private final Map<Receiver, Set<Sender>> cut = new HashMap<>();
    private final Map<Receiver, Map<Sender, Double>> kept = new LinkedHashMap<>();   // with the effect of cutting

    private EdgeDiscovery(Model model, Request request, Sweep.Settings settings) {
        this.model = new EdgePatching(model, request.pair(), request.metric(), request.ablate());
        this.request = request;
        this.settings = settings;
    }

    /** Finds the circuit, in which every head and MLP with an edge is a separate node. */
    public static Circuit of(Model model, String name, Request request, Sweep.Settings settings) {
        return new EdgeDiscovery(model, request, settings).find(name);
    }

    private Circuit find(String name) {
        List<Receiver> receivers = model.receivers().reversed();
        double clean = model.metric(Map.of()),
                corrupted = model.metric(Map.of(receivers.getFirst(), Set.copyOf(model.senders())));
        double threshold = request.threshold() * Math.abs(clean - corrupted), now = clean;
        Set<Receiver> read = new HashSet<>(List.of(receivers.getFirst()));   // inputs of nodes with an outgoing edge
        for (int i = 0; i < receivers.size(); i++) {
            Receiver receiver = receivers.get(i);
            Map<Sender, Double> edges = new LinkedHashMap<>();
            if (read.contains(receiver)) now = prune(receiver, clean, now, threshold, edges);
            cut.put(receiver, new HashSet<>(model.before(receiver)));
            cut.get(receiver).removeAll(edges.keySet());
            kept.put(receiver, edges);
            for (Sender sender : edges.keySet()) read.addAll(model.inputs(sender));
            settings.progress().done(i + 1, receivers.size());
        }
        return circuit(name);
    }

    /** Cuts as many edges of a receiver as the threshold allows, and returns the metric. */
    private double prune(Receiver receiver, double clean, double now, double threshold, Map<Sender, Double> edges) {
        List<Sender> senders = model.before(receiver).reversed();
        // the effect of each sender, NaN if its edge was cut, and in the end the metric
        double[] effects = settings.journal().recall("edges to " + receiver).orElse(null);
        if (effects == null) {
            effects = effects(receiver, senders, clean, now, threshold);
            settings.journal().remember("edges to " + receiver, effects);
        }
        for (int i = 0; i < senders.size(); i++) if (!Double.isNaN(effects[i])) edges.put(senders.get(i), effects[i]);
        return effects[senders.size()];
    }

    private double[] effects(Receiver receiver, List<Sender> senders, double clean, double now, double threshold) {
        double[] effects = new double[senders.size() + 1];
        Set<Sender> out = new HashSet<>();
        int batch = Math.min(4, model.batchSize());
        for (int next = 0; next < senders.size();) {
            List<Set<Sender>> tried = new ArrayList<>();
            Set<Sender> all = new HashSet<>(out);
            for (Sender sender : senders.subList(next, Math.min(senders.size(), next + batch))) {
                all.add(sender);
                tried.add(Set.copyOf(all));
            }
            boolean allCut = true;
            for (double then : model.metrics(cut, receiver, tried)) {
                allCut = Math.abs(then - clean) - Math.abs(now - clean) < threshold;
                effects[next] = allCut ? Double.NaN : then - now;
                if (allCut) {
                    out.add(senders.get(next));
                    now = then;
                }
                next++;
                if (!allCut) break;
            }
            batch = allCut ? Math.min(2 * batch, model.batchSize()) : Math.max(2, batch / 2);
        }
        effects[senders.size()] = now;
        return effects;
    }

    private Circuit circuit(String name) {
        List<Edge> edges = new ArrayList<>();
        Set<Sender> linked = new HashSet<>();
        for (Sender node : model.senders()) {
            for (Receiver receiver : model.inputs(node)) {
                if (kept.values().stream().noneMatch(read -> read.containsKey(node))) continue;   // no reader
                kept.get(receiver).forEach(
                        (sender, effect) -> edges.add(edge(sender, node.toString(), receiver, effect, linked)));
                if (!kept.get(receiver).isEmpty()) linked.add(node);
            }
        }
        Receiver logits = model.receivers().getLast();
        kept.get(logits).forEach((sender, effect) -> edges.add(edge(sender, Circuit.LOGITS, logits, effect, linked)));
        Map<String, List<Sender>> nodes = new LinkedHashMap<>();
        for (Sender sender : model.senders())
            if (linked.contains(sender) && !(sender instanceof Sender.Embedding))
                nodes.put(sender.toString(), List.of(sender));
        return new Circuit(name, nodes, edges);
    }

    private static Edge edge(Sender from, String to, Receiver receiver, double effect, Set<Sender> linked) {
        linked.add(from);
        Optional<Receiver.Kind> kind =
                receiver instanceof Receiver.Input(var _, var k) ? Optional.of(k) : Optional.empty();
        return new Edge(from.toString(), to, kind, Optional.of(effect));
    }
}
