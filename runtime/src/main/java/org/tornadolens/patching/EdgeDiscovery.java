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
 * Finds a circuit edge by edge: ACDC (Conmy et al. 2023). From the logits back to the first layer, and for each receiver
 * from its last sender to its first, an edge is cut for good unless that takes the metric further from the whole model's
 * by the threshold or more. With {@code kl} to the model's own run the metric's distance is the divergence of the paper.
 *
 * <p>Most edges are cut. So a batch tries one edge, that and the next, those and the next, …, as if each of them were cut;
 * what follows the first that is kept is tried again. The edges found are those of trying one after the other.
 */
public final class EdgeDiscovery {

    /**
     * @param threshold as a share of the metric's difference between clean and corrupted prompts
     * @param ablate    what stands in for an edge that is cut
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
    private final Map<Receiver, Map<Sender, Double>> kept = new LinkedHashMap<>();   // with what cutting them does to the metric

    private EdgeDiscovery(Model model, Request request, Sweep.Settings settings) {
        this.model = new EdgePatching(model, request.pair(), request.metric(), request.ablate());
        this.request = request;
        this.settings = settings;
    }

    /** The circuit, every head and MLP that has an edge a node of its own. */
    public static Circuit of(Model model, String name, Request request, Sweep.Settings settings) {
        return new EdgeDiscovery(model, request, settings).find(name);
    }

    private Circuit find(String name) {
        List<Receiver> receivers = model.receivers().reversed();
        double clean = model.metric(Map.of()),
                corrupted = model.metric(Map.of(receivers.getFirst(), Set.copyOf(model.senders())));
        double least = request.threshold() * Math.abs(clean - corrupted), now = clean;
        Set<Receiver> read = new HashSet<>(List.of(receivers.getFirst()));   // those whose heads and MLPs something reads
        for (int i = 0; i < receivers.size(); i++) {
            Receiver receiver = receivers.get(i);
            Map<Sender, Double> edges = new LinkedHashMap<>();
            if (read.contains(receiver)) now = prune(receiver, clean, now, least, edges);
            cut.put(receiver, new HashSet<>(model.before(receiver)));
            cut.get(receiver).removeAll(edges.keySet());
            kept.put(receiver, edges);
            for (Sender sender : edges.keySet()) read.addAll(model.inputs(sender));
            settings.progress().done(i + 1, receivers.size());
        }
        return circuit(name);
    }

    /** Cuts what it can of a receiver's edges, and says what the metric is then. */
    private double prune(Receiver receiver, double clean, double now, double least, Map<Sender, Double> edges) {
        List<Sender> senders = model.before(receiver).reversed();
        double[] effects = settings.journal().recall("edges to " + receiver).orElse(null);   // of each sender; NaN where it was cut; then the metric
        if (effects == null) {
            effects = effects(receiver, senders, clean, now, least);
            settings.journal().remember("edges to " + receiver, effects);
        }
        for (int i = 0; i < senders.size(); i++) if (!Double.isNaN(effects[i])) edges.put(senders.get(i), effects[i]);
        return effects[senders.size()];
    }

    private double[] effects(Receiver receiver, List<Sender> senders, double clean, double now, double least) {
        double[] effects = new double[senders.size() + 1];
        Set<Sender> out = new HashSet<>();
        int together = Math.min(4, model.together());
        for (int next = 0; next < senders.size();) {
            List<Set<Sender>> tried = new ArrayList<>();
            Set<Sender> all = new HashSet<>(out);
            for (Sender sender : senders.subList(next, Math.min(senders.size(), next + together))) {
                all.add(sender);
                tried.add(Set.copyOf(all));
            }
            boolean allCut = true;
            for (double then : model.metrics(cut, receiver, tried)) {
                allCut = Math.abs(then - clean) - Math.abs(now - clean) < least;
                effects[next] = allCut ? Double.NaN : then - now;
                if (allCut) {
                    out.add(senders.get(next));
                    now = then;
                }
                next++;
                if (!allCut) break;
            }
            together = allCut ? Math.min(2 * together, model.together()) : Math.max(2, together / 2);
        }
        effects[senders.size()] = now;
        return effects;
    }

    private Circuit circuit(String name) {
        List<Edge> edges = new ArrayList<>();
        Set<Sender> linked = new HashSet<>();
        for (Sender node : model.senders()) {
            for (Receiver receiver : model.inputs(node)) {
                if (kept.values().stream().noneMatch(some -> some.containsKey(node))) continue;   // only the logits need no reader
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
