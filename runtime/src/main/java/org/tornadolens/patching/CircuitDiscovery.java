package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.model.Model;
import org.tornadolens.patching.Circuit.Edge;

/**
 * Finds a circuit by pruning, in the manner of ACDC (Conmy et al. 2023) but by heads and MLPs instead of edges. From
 * the last layer to the first, heads and MLPs are ablated in the order of their effect on the metric, smallest first,
 * until one changes it by the threshold or more; ablated ones stay ablated. The edges between those that remain are the
 * paths whose patching changes the metric by the threshold or more.
 */
public final class CircuitDiscovery {

    /**
     * What to explain, and how finely.
     *
     * @param threshold as a fraction of the difference of the metric between clean and corrupted prompts
     * @param ablate    the replacement of ablated outputs
     * @param mlps      whether MLPs are candidates; otherwise they are never ablated
     */
    public record Request(Pair pair, Measure measure, double threshold, Ablation.Kind ablate, boolean mlps) {
        public Request {
            check(pair, threshold);
        }
    }

    static void check(Pair pair, double threshold) {
        if (!(threshold > 0))
            throw new UsageException("threshold " + threshold
                    + ": it must be a positive fraction of the metric's difference between clean and corrupted "
                    + "prompts");
        if (!pair.differs())
            throw new UsageException("clean and corrupted prompts are the same: there is nothing to explain");
    }

    /** Heads and MLPs with which a dry run, which has no numbers, continues. */
    private static final int PLANNED = 8;

    private final Model model;
    private final Configuration c;
    private final Request request;
    private final Sweep.Settings settings;
    private final Ablation ablation;
    private final List<Sender> removed = new ArrayList<>();

    private CircuitDiscovery(Model model, Request request, Sweep.Settings settings) {
        this.model = model;
        this.c = model.configuration();
        this.request = request;
        this.settings = settings;
        this.ablation = new Ablation(model, request.pair(), request.ablate());
    }

    /** Finds the circuit, in which every head and MLP is a separate node. */
    public static Circuit of(Model model, String name, Request request, Sweep.Settings settings) {
        return new CircuitDiscovery(model, request, settings).find(name);
    }

    private Circuit find(String name) {
        double clean = request.measure().of(model, request.pair().clean()),
                corrupted = request.measure().of(model, request.pair().corrupted());
        Progress progress = settings.progress();
        double threshold = request.threshold() * Math.abs(clean - corrupted);
        List<Sender> kept = new ArrayList<>();
        double now = clean;
        for (int layer = c.nLayers() - 1; layer >= 0; layer--) {
            if (request.mlps()) now = prune(List.of(new Sender.Mlp(layer)), now, threshold, kept);
            now = prune(heads(layer), now, threshold, kept);
            progress.done(c.nLayers() - layer, 2L * c.nLayers());
        }
        if (model.backend() instanceof PlanningBackend) kept = kept.subList(0, Math.min(PLANNED, kept.size()));
        kept.sort(Comparator.comparingInt(Sender::order).thenComparing(Sender::toString));
        Map<String, List<Sender>> nodes = new LinkedHashMap<>();
        kept.forEach(member -> nodes.put(member.toString(), List.of(member)));
        return new Circuit(name, nodes, edges(kept, clean, threshold));
    }

    private List<Sender> heads(int layer) {
        return IntStream.range(0, c.nHeads()).<Sender>mapToObj(head -> new Sender.Head(new Head(layer, head))).toList();
    }

    /** Ablates as many candidates as the threshold allows, adds the others to {@code kept}, and returns the metric. */
    private double prune(List<Sender> candidates, double now, double threshold, List<Sender> kept) {
        double[] alone = measured(candidates + " alone", candidates.stream().map(List::of).toList());
        List<Sender> order = IntStream.range(0, alone.length).boxed()
                .sorted(Comparator.comparingDouble(i -> Math.abs(alone[i] - now))).map(candidates::get).toList();
        double[] together = measured(candidates + " together",
                IntStream.rangeClosed(1, order.size()).mapToObj(n -> order.subList(0, n)).toList());
        int out = 0;
        double current = now;
        while (out < order.size() && Math.abs(together[out] - current) < threshold) current = together[out++];
        removed.addAll(order.subList(0, out));
        kept.addAll(order.subList(out, order.size()));
        return current;
    }

    /** Returns the metric with each of these sets ablated in addition to those removed before. */
    private double[] measured(String what, List<List<Sender>> sets) {
        List<List<Intervention>> cells = sets.stream().map(set -> {
            List<Sender> all = new ArrayList<>(removed);
            all.addAll(set);
            return ablation.of(all);
        }).toList();
        return request.measure().sweep(model, request.pair().clean(), cells, settings.part(what)).cells();
    }

    // ---- edges

    private List<Edge> edges(List<Sender> kept, double clean, double threshold) {
        List<Edge> edges = new ArrayList<>();
        List<Sender> senders = new ArrayList<>(List.of(new Sender.Embedding()));
        senders.addAll(kept);
        edges(senders, new Receiver.Logits(c.nLayers()), Circuit.LOGITS, clean, threshold, edges);
        for (int i = 0; i < kept.size(); i++) {
            Sender node = kept.get(i);
            switch (node) {
                case Sender.Head(Head head) -> {
                    for (Receiver.Kind kind : Receiver.Kind.values())
                        edges(senders, new Receiver.Input(head, kind), node.toString(), clean, threshold, edges);
                }
                case Sender.Mlp(int layer) ->
                        edges(senders, new Receiver.Mlp(layer), node.toString(), clean, threshold, edges);
                case Sender.Embedding _ -> {}
            }
            settings.progress().done(c.nLayers() + (long) c.nLayers() * (i + 1) / kept.size(), 2L * c.nLayers());
        }
        return edges;
    }

    private void edges(List<Sender> senders, Receiver receiver, String to, double clean, double threshold,
            List<Edge> edges) {
        List<Sender> before = senders.stream().filter(sender -> sender.order() < receiver.order()).toList();
        double[] values = PathPatching.of(model,
                new PathPatching.Request(request.pair(), request.measure(), before, List.of(receiver), false),
                settings.part("paths to " + receiver)).values();
        for (int i = 0; i < values.length; i++) {
            double effect = values[i] - clean;
            if (Math.abs(effect) < threshold) continue;
            Optional<Receiver.Kind> kind =
                    receiver instanceof Receiver.Input(var _, var k) ? Optional.of(k) : Optional.empty();
            edges.add(new Edge(before.get(i) instanceof Sender.Embedding ? Circuit.EMBEDDING : before.get(i).toString(),
                    to, kind, Optional.of(effect)));
        }
    }
}
