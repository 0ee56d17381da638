package org.tornadolens.analysis;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Run;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * What every part of a model adds directly to a logit, or to the difference of two (Elhage et al. 2021; Wang et al.
 * 2022): a part that writes c to the residual stream at a position adds c · (W_U[:, token] ∘ w_final) / scale, where
 * scale is that of the last norm at that position in this run. Over all components that is the logit itself.
 */
public final class DirectAttribution {

    /** The parts. */
    public enum By {
        /** The embedding, and each layer's attention and MLP: [batch, component]. */
        COMPONENT,
        /** The embedding, and each layer: [batch, component]. */
        LAYER,
        /** Every head: [batch, layer, head]; their sum is what attention adds. */
        HEAD,
        /** Every neuron of every MLP: [batch, layer, dMlp]; their sum is what the MLPs add. */
        NEURON
    }

    private final Run run;
    private final Configuration c;
    private final Matrices matrices;
    private final List<Integer> position;
    private final Recorded values;

    private DirectAttribution(Run run, int position, By by) {
        this.run = run;
        this.c = run.model().configuration();
        this.matrices = new Matrices(c, run.model().weights());
        this.position = List.of(position);
        List<Site> sites = new ArrayList<>(List.of(scale()));
        switch (by) {
            case COMPONENT, LAYER -> {
                sites.addAll(components());
                if (intervened(run)) sites.add(last());
            }
            case HEAD -> sites.addAll(ofLayers(HookPoint.Z));
            case NEURON -> sites.addAll(ofLayers(HookPoint.MLP_POST));
        }
        this.values = Recorded.of(run, sites);
    }

    /**
     * @param correct  a token for each row
     * @param wrong    the tokens whose logits are subtracted, one for each row; none: the logits of {@code correct} alone
     * @param position counted from each row's first real token, or from the end when negative
     */
    public static Tensor of(Run run, int[] correct, int[] wrong, int position, By by) {
        DirectAttribution attribution = new DirectAttribution(run, position, by);
        Tensor direction = attribution.direction(correct, wrong);
        return switch (by) {
            case COMPONENT -> attribution.components(direction);
            case LAYER -> attribution.layers(attribution.components(direction));
            case HEAD -> attribution.heads(direction);
            case NEURON -> attribution.neurons(direction);
        };
    }

    /** The names of the parts along the component axis. */
    public static List<String> labels(Run run, By by) {
        int layers = run.model().configuration().nLayers();
        Stream<String> parts = switch (by) {
            case COMPONENT -> IntStream.range(0, layers).boxed().flatMap(l -> Stream.of("attn " + l, "mlp " + l));
            case LAYER -> IntStream.range(0, layers).mapToObj(l -> "layer " + l);
            case HEAD, NEURON -> throw new UsageException(
                    "heads and neurons lie along axes of their own; only components and layers have names");
        };
        return Stream
                .of(Stream.of("embed"), parts, intervened(run) ? Stream.of("interventions") : Stream.<String>empty())
                .flatMap(s -> s).toList();
    }

    /** Sums from the first component to each: the logit as far as the residual stream has come, under the last norm's final scale. */
    public static Tensor cumulative(Tensor byComponent) {
        Tensor sums = byComponent.copy();
        int count = sums.shape().size(sums.shape().require("component"));
        for (int i = 1; i < count; i++)
            sums.at("component", i).assign(sums.at("component", i).add(sums.at("component", i - 1)));
        return sums;
    }

    /** Whether an intervention writes to the residual stream itself: what it adds belongs to no component. */
    private static boolean intervened(Run run) {
        return Stream.concat(run.model().interventions().stream(), run.options().interventions().stream())
                .map(Intervention::site).flatMap(site -> run.model().hookNames().hooks(site.value()).stream())
                .anyMatch(hook -> hook.point().residual());
    }

    // ---- the values of the run

    private Site scale() { return at(HookPoint.FINAL_SCALE.text()); }

    private Site last() { return at(HookPoint.RESID_POST.name(c.nLayers() - 1)); }

    private List<Site> components() {
        Stream<String> layers = IntStream.range(0, c.nLayers()).boxed()
                .flatMap(l -> Stream.of(HookPoint.ATTN_OUT.name(l), HookPoint.MLP_OUT.name(l)));
        return Stream.concat(Stream.of(HookPoint.EMBED.text()), layers).map(this::at).toList();
    }

    private List<Site> ofLayers(HookPoint point) {
        return IntStream.range(0, c.nLayers()).mapToObj(l -> at(point.name(l))).toList();
    }

    private Site at(String name) { return Site.of(name).at(position); }

    // ---- what is read

    /** (W_U[:, correct] - W_U[:, wrong]) ∘ w_final / scale, [batch, dModel]. */
    private Tensor direction(int[] correct, int[] wrong) {
        Tensor directions = Tensor.zeros(Shape.of("batch", run.tokens().batch(), "dModel", c.dModel()));
        for (int row = 0; row < correct.length; row++) {
            Tensor direction = unembedding(correct[row]);
            if (wrong.length > 0) direction = direction.sub(unembedding(wrong[row]));
            directions.at("batch", row).assign(direction);
        }
        return directions.mul(matrices.get(ParameterSpec.NORM_FINAL))
                .div(values.get(scale()).at("pos", 0).at("scale", 0));
    }

    private Tensor unembedding(int token) {
        if (token < 0 || token >= c.dVocab())
            throw new UsageException("no token " + token + ": this model's ids run from 0 to " + (c.dVocab() - 1));
        return matrices.unembeddingRows(token, token + 1).at("dVocab", 0);
    }

    // ---- what is added

    private Tensor components(Tensor direction) {
        List<Site> sites = components();
        boolean rest = intervened(run);
        Tensor parts =
                Tensor.zeros(Shape.of("batch", run.tokens().batch(), "component", sites.size() + (rest ? 1 : 0)));
        for (int i = 0; i < sites.size(); i++)
            parts.at("component", i).assign(added(values.get(sites.get(i)), direction));
        if (rest)
            parts.at("component", sites.size())
                    .assign(added(values.get(last()), direction).sub(parts.sum("component")));
        return parts;
    }

    /** @param written [batch, 1, dModel] */
    private static Tensor added(Tensor written, Tensor direction) {
        return written.at("pos", 0).mul(direction).sum("dModel");
    }

    /** Attention and MLP of a layer together. */
    private Tensor layers(Tensor components) {
        int rest = components.shape().size(1) - 1 - 2 * c.nLayers();
        Tensor layers = Tensor.zeros(Shape.of("batch", run.tokens().batch(), "component", 1 + c.nLayers() + rest));
        layers.at("component", 0).assign(components.at("component", 0));
        for (int layer = 0; layer < c.nLayers(); layer++) {
            layers.at("component", 1 + layer)
                    .assign(components.slice("component", 1 + 2 * layer, 3 + 2 * layer).sum("component"));
        }
        if (rest > 0) layers.at("component", -1).assign(components.at("component", -1));
        return layers;
    }

    private Tensor heads(Tensor direction) {
        return byLayer(ofLayers(HookPoint.Z), new Axis("head", c.nHeads()),
                (z, layer) -> z.mul(direction.dot(matrices.get(ParameterSpec.W_O, layer))).sum("dHead"));
    }

    private Tensor neurons(Tensor direction) {
        return byLayer(ofLayers(HookPoint.MLP_POST), new Axis("dMlp", c.dMlp()),
                (post, layer) -> post.mul(direction.dot(matrices.get(ParameterSpec.W_DOWN, layer))));
    }

    /** @param added what a layer's value at the position, [batch, …], adds through the matrix that writes it */
    private Tensor byLayer(List<Site> sites, Axis parts, BiFunction<Tensor, Integer, Tensor> added) {
        Tensor all = Tensor.zeros(
                new Shape(List.of(new Axis("batch", run.tokens().batch()), new Axis("layer", c.nLayers()), parts)));
        for (int layer = 0; layer < c.nLayers(); layer++)
            all.at("layer", layer).assign(added.apply(values.get(sites.get(layer)).at("pos", 0), layer));
        return all;
    }
}
