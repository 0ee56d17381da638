package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Head;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Attribution patching (Nanda 2023; Syed et al. 2023): the first-order effect of patching every part of a run, from one
 * backward pass. The score of a part is (corrupted - clean) · ∂metric/∂value, averaged over the prompts: an estimate of
 * the change of the clean run's metric if the part had its corrupted value.
 *
 * <p>With several steps, the gradient is averaged by the trapezoidal rule over runs whose embeddings are interpolated
 * from clean to corrupted (integrated gradients: Sundararajan et al. 2017; Hanna et al. 2024); with one step, it is the
 * gradient of the clean run.
 */
public final class AttributionPatching {

    private final Model model;
    private final Configuration c;
    private final Pair pair;
    private final Metric metric;
    private final int steps;
    private final IntConsumer progress;

    /**
     * @param steps    number of interpolated runs
     * @param progress receives the number of completed runs
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

    /** Scores with names: of nodes [node], or of edges [sender, receiver]. */
    public record Named(List<String> senders, List<String> receivers, Tensor scores) {}

    /** Returns the scores of the z of every head: [layer, head]. */
    public Tensor heads() {
        return stacked(HookPoint.Z, "head", "head");
    }

    /** Returns the scores of the residual stream before every layer, at every position: [layer, pos]. */
    public Tensor positions() {
        return stacked(HookPoint.RESID_PRE, "pos", "pos");
    }

    /** Returns the scores of every neuron: [layer, neuron]. */
    public Tensor neurons() {
        return stacked(HookPoint.MLP_POST, "dMlp", "neuron");
    }

    /** Returns the scores of the embedding, every head and every MLP, in the order of their computation. */
    public Named nodes() {
        List<Sender> senders = ResidualGraph.of(c).senders();
        Map<String, Tensor> scores =
                products(senders.stream().map(sender -> sender.changed().name()).distinct().toList());
        Tensor all = Tensor.zeros(Shape.of("node", senders.size()));
        for (int i = 0; i < senders.size(); i++) {
            Tensor own = scores.get(senders.get(i).changed().name());
            all.set(senders.get(i) instanceof Sender.Head(Head head) ? over(own, "head").get(head.head())
                    : (float) own.sum(), i);
        }
        return new Named(senders.stream().map(Sender::toString).toList(), List.of(), all);
    }

    /**
     * Returns the scores of every edge from the embedding, a head or an MLP to the q, k or v of a later head, to a
     * later MLP or to the logits: [sender, receiver], NaN if the sender is not earlier.
     */
    public Named edges() {
        EdgeScores edges = new EdgeScores(model, pair);
        along(EdgeScores.WANTED.stream().flatMap(point -> names(point).stream()).toList(), List.of(edges.last()),
                EdgeScores.KEPT.stream().filter(point -> point.in(c)).flatMap(point -> names(point).stream()).toList(),
                (result, weight) -> edges.add(result, weight / pair.clean().batch()));
        return new Named(edges.senders(), edges.receivers(), edges.scores());
    }

    private List<String> names(HookPoint point) {
        return new ArrayList<>(IntStream.range(0, c.nLayers()).mapToObj(layer -> point.name(layer)).toList());
    }

    private Tensor stacked(HookPoint point, String axis, String as) {
        Map<String, Tensor> scores = products(names(point));
        return Tensor.stack("layer",
                names(point).stream().map(name -> over(scores.get(name), axis).rename(axis, as)).toList());
    }

    /** Sums over every axis but one. */
    private static Tensor over(Tensor tensor, String axis) {
        return tensor.sum(tensor.shape().names().stream().filter(name -> !name.equals(axis)).toArray(String[]::new));
    }

    /** Returns (corrupted - clean) · gradient / number of prompts, elementwise, by hook name. */
    private Map<String, Tensor> products(List<String> names) {
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        along(names, List.of(), List.of(), (result, weight) -> result.gradients()
                .forEach((name, gradient) -> gradients.merge(name, gradient.mul(weight), Tensor::add)));
        Map<String, Tensor> products = new LinkedHashMap<>();
        Map<String, Tensor> differences = differences(model, pair, names);
        gradients.forEach(
                (name, gradient) -> products.put(name, differences.get(name).mul(gradient).div(pair.clean().batch())));
        return products;
    }

    /** Returns corrupted - clean, by hook name. */
    static Map<String, Tensor> differences(Model model, Pair pair, List<String> names) {
        RunOptions options = RunOptions.DEFAULT.keep(names.toArray(String[]::new)).withoutLogits();
        var clean = model.run(pair.clean(), options).cache();
        var corrupted = model.run(pair.corrupted(), options).cache();
        Map<String, Tensor> differences = new LinkedHashMap<>();
        for (String name : names) differences.put(name, corrupted.get(name).unmasked().sub(clean.get(name).unmasked()));
        return differences;
    }

    private interface Step { void take(Gradient.Result result, double weight); }

    /** Passes the gradients of every interpolated run and its weight to {@code step}. */
    private void along(List<String> wanted, List<String> also, List<String> kept, Step step) {
        List<String> all = new ArrayList<>(wanted);
        all.addAll(also);
        if (steps == 1) {
            step.take(Gradient.of(model, metric, all, kept).run(pair.clean()), 1);
            progress.accept(1);
            return;
        }
        RunOptions embeddings = RunOptions.DEFAULT.keep(HookPoint.EMBED.text()).withoutLogits();
        Tensor clean = model.original().run(pair.clean(), embeddings).cache().get(HookPoint.EMBED.text()).unmasked();
        Tensor difference = model.original().run(pair.corrupted(), embeddings).cache().get(HookPoint.EMBED.text())
                .unmasked().sub(clean);
        Gradient gradient = Gradient.embedded(model, metric, all, kept);
        for (int i = 0; i < steps; i++) {
            boolean end = i == 0 || i == steps - 1;
            Tensor embedding = clean.add(difference.mul((double) i / (steps - 1)));
            step.take(gradient.run(pair.clean(), Optional.of(embedding)), (end ? 0.5 : 1.0) / (steps - 1));
            progress.accept(i + 1);
        }
    }
}
