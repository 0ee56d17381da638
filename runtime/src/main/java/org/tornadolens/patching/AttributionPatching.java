package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Attribution patching (Nanda 2023; Syed et al. 2023): what patching every part of a run would do, to first order, from one
 * backward pass. A part's score is (corrupted - clean) · ∂metric/∂value, the mean over the prompts: about how much the
 * clean run's metric would change if the part took its corrupted value.
 *
 * <p>With several steps the gradient is the average along the way on which the embeddings go from clean to corrupted
 * (integrated gradients: Sundararajan et al. 2017; Hanna et al. 2024), by the trapezoidal rule; with one it is the clean
 * run's.
 */
public final class AttributionPatching {

    private final Model model;
    private final Configuration c;
    private final Pair pair;
    private final Metric metric;
    private final int steps;
    private final IntConsumer progress;

    /**
     * @param steps    runs along the way
     * @param progress told how many of them are done
     */
    public AttributionPatching(Model model, Pair pair, Metric metric, int steps, IntConsumer progress) {
        if (steps < 1) throw new UsageException("attribution takes 1 or more steps, not " + steps);
        this.model = model;
        this.c = model.configuration();
        this.pair = pair;
        this.metric = metric;
        this.steps = steps;
        this.progress = progress;
    }

    /** Scores by name: of nodes [node], or of edges [sender, receiver]. */
    public record Named(List<String> senders, List<String> receivers, Tensor scores) {}

    /** Of every head's z: [layer, head]. */
    public Tensor heads() { return stacked("attn.hook_z", "head", "head"); }

    /** Of the residual stream entering every layer, at every position: [layer, pos]. */
    public Tensor positions() { return stacked("hook_resid_pre", "pos", "pos"); }

    /** Of every neuron: [layer, neuron]. */
    public Tensor neurons() { return stacked("mlp.hook_post", "dMlp", "neuron"); }

    /** Of the embedding, every head and every MLP, in the order they are computed. */
    public Named nodes() {
        List<String> names = names("attn.hook_z");
        names.addAll(names("hook_mlp_out"));
        names.add("hook_embed");
        Map<String, Tensor> scores = products(names);
        List<String> nodes = Edges.senders(c);
        Tensor all = Tensor.zeros(Shape.of("node", nodes.size()));
        int at = 0;
        all.set((float) scores.get("hook_embed").sum(), at++);
        for (int layer = 0; layer < c.nLayers(); layer++) {
            Tensor heads = over(scores.get("blocks." + layer + ".attn.hook_z"), "head");
            for (int head = 0; head < c.nHeads(); head++) all.set(heads.get(head), at++);
            all.set((float) scores.get("blocks." + layer + ".hook_mlp_out").sum(), at++);
        }
        return new Named(nodes, List.of(), all);
    }

    /** Of every edge: from the embedding, a head or an MLP to a later head's q, k or v, to an MLP or to the logits; NaN where the sender is not earlier. */
    public Named edges() {
        Edges edges = new Edges(model, pair);
        along(Edges.WANTED.stream().flatMap(hook -> names(hook).stream()).toList(), edges.last(), Edges.KEPT.stream().flatMap(hook -> names(hook).stream()).toList(),
                (result, weight) -> edges.add(result, weight / pair.clean().batch()));
        return new Named(Edges.senders(c), edges.receivers(), edges.scores());
    }

    private List<String> names(String hook) {
        return new ArrayList<>(IntStream.range(0, c.nLayers()).mapToObj(layer -> "blocks." + layer + "." + hook).toList());
    }

    private Tensor stacked(String hook, String axis, String as) {
        Map<String, Tensor> scores = products(names(hook));
        return Tensor.stack("layer", names(hook).stream().map(name -> over(scores.get(name), axis).rename(axis, as)).toList());
    }

    /** Sums over every axis but one. */
    private static Tensor over(Tensor tensor, String axis) {
        return tensor.sum(tensor.shape().names().stream().filter(name -> !name.equals(axis)).toArray(String[]::new));
    }

    /** (corrupted - clean) · gradient / prompts, elementwise, by hook name. */
    private Map<String, Tensor> products(List<String> names) {
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        along(names, List.of(), List.of(), (result, weight) -> result.gradients().forEach((name, gradient) -> gradients.merge(name, gradient.mul(weight), Tensor::add)));
        Map<String, Tensor> products = new LinkedHashMap<>();
        Map<String, Tensor> differences = differences(model, pair, names);
        gradients.forEach((name, gradient) -> products.put(name, differences.get(name).mul(gradient).div(pair.clean().batch())));
        return products;
    }

    /** corrupted - clean, by hook name. */
    static Map<String, Tensor> differences(Model model, Pair pair, List<String> names) {
        RunOptions options = RunOptions.DEFAULT.keep(names.toArray(String[]::new)).withoutLogits();
        var clean = model.run(pair.clean(), options).cache();
        var corrupted = model.run(pair.corrupted(), options).cache();
        Map<String, Tensor> differences = new LinkedHashMap<>();
        for (String name : names) differences.put(name, corrupted.get(name).sub(clean.get(name)));
        return differences;
    }

    private interface Step { void take(Gradient.Result result, double weight); }

    /** The gradients at every step of the way, and how much each counts. */
    private void along(List<String> wanted, List<String> also, List<String> kept, Step step) {
        List<String> all = new ArrayList<>(wanted);
        all.addAll(also);
        if (steps == 1) {
            step.take(Gradient.of(model, metric, all, kept).run(pair.clean()), 1);
            progress.accept(1);
            return;
        }
        RunOptions embeddings = RunOptions.DEFAULT.keep("hook_embed").withoutLogits();
        Tensor clean = model.original().run(pair.clean(), embeddings).cache().get("hook_embed");
        Tensor difference = model.original().run(pair.corrupted(), embeddings).cache().get("hook_embed").sub(clean);
        Gradient gradient = Gradient.embedded(model, metric, all, kept);
        for (int i = 0; i < steps; i++) {
            boolean end = i == 0 || i == steps - 1;
            Tensor embedding = clean.add(difference.mul((double) i / (steps - 1)));
            step.take(gradient.run(pair.clean(), Optional.of(embedding)), (end ? 0.5 : 1.0) / (steps - 1));
            progress.accept(i + 1);
        }
    }
}
