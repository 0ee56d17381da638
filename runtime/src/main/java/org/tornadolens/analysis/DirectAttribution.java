package org.tornadolens.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
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
 * Direct logit attribution: the contribution of every part of a model to a logit or a logit difference (Elhage et al.
 * 2021; Wang et al. 2022). A part that writes c to the residual stream contributes c · (W_U[:, token] ∘ w_final) /
 * scale, with the scale of the final norm at that position in this run. The contributions of all components sum to the
 * logit. Where the residual stream itself was changed, or given in place of being computed, this is a component of its
 * own; parts that come before a given residual stream contribute 0.
 */
public final class DirectAttribution {

    /** The parts to which the logit is attributed. */
    public enum By {
        /** The embedding, and the attention and MLP of each layer: [batch, component]. */
        COMPONENT,
        /** The embedding, and each layer: [batch, component]. */
        LAYER,
        /** Every head: [batch, layer, head]; they sum to the contributions of attention. */
        HEAD,
        /** Every neuron of every MLP: [batch, layer, dMlp]; they sum to the contributions of MLPs. */
        NEURON
    }

    private final Run run;
    private final Configuration c;
    private final Matrices matrices;
    private final List<Integer> position;
    private final Recorded values;

    private DirectAttribution(Run run, int position, By by) {
        requireOwnLogits(run);
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

    /** Refuses a run whose logits are not those of its residual stream. */
    private static void requireOwnLogits(Run run) {
        String last = HookPoint.FINAL_NORMALIZED.text();
        if (run.options().from().containsKey(last) || changed(run).anyMatch(hook -> hook.name().equals(last)))
            throw new UsageException("attribution: this run's " + last + " was changed or given, so that its logits do "
                    + "not follow from what the parts of the model wrote; change the residual stream instead");
    }

    /**
     * Attributes a logit or a logit difference.
     *
     * @param correct  a token for each row
     * @param wrong    tokens whose logits are subtracted, one for each row; empty: the logits of {@code correct}
     * @param position counted from each row's first real token, or from the end if negative
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

    /** Returns the names of the parts along the component axis. */
    public static List<String> labels(Run run, By by) {
        int layers = run.model().configuration().nLayers();
        Stream<String> parts = switch (by) {
            case COMPONENT -> IntStream.range(0, layers).boxed().flatMap(l -> Stream.of("attn " + l, "mlp " + l));
            case LAYER -> IntStream.range(0, layers).mapToObj(l -> "layer " + l);
            case HEAD, NEURON -> throw new UsageException(
                    "heads and neurons have axes of their own; only components and layers have names");
        };
        return Stream
                .of(Stream.of("embed"), parts, intervened(run) ? Stream.of("interventions") : Stream.<String>empty())
                .flatMap(s -> s).toList();
    }

    /** Returns cumulative sums over components: the logit of the residual stream up to each, with the final scale. */
    public static Tensor cumulative(Tensor byComponent) {
        Tensor sums = byComponent.copy();
        int count = sums.shape().size(sums.shape().require("component"));
        for (int i = 1; i < count; i++)
            sums.at("component", i).assign(sums.at("component", i).add(sums.at("component", i - 1)));
        return sums;
    }

    /**
     * Returns whether the residual stream itself was changed or given, so that this belongs to no component.
     */
    private static boolean intervened(Run run) {
        return given(run) > 0 || changed(run).anyMatch(hook -> hook.point().residual());
    }

    private static Stream<Hook> changed(Run run) {
        return Stream.concat(run.model().interventions().stream(), run.options().interventions().stream())
                .map(Intervention::site).flatMap(site -> run.model().hookNames().hooks(site.value()).stream());
    }

    /**
     * Returns how many of the components, in their order, come before the last residual stream that the run was given:
     * these do not contribute.
     */
    private static int given(Run run) {
        return run.options().from().keySet().stream().map(name -> run.model().hookNames().hook(name))
                .filter(hook -> hook.point().residual()).mapToInt(hook -> 1 + 2 * hook.layer() + switch (hook.point()) {
                    case RESID_PRE -> 0;
                    case RESID_MID -> 1;
                    default -> 2;
                }).max().orElse(0);
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

    // ---- the direction that is read out

    /** Returns (W_U[:, correct] - W_U[:, wrong]) ∘ w_final / scale, [batch, dModel]. */
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

    // ---- contributions

    private Tensor components(Tensor direction) {
        List<Site> sites = components();
        boolean rest = intervened(run);
        Tensor parts =
                Tensor.zeros(Shape.of("batch", run.tokens().batch(), "component", sites.size() + (rest ? 1 : 0)));
        for (int i = given(run); i < sites.size(); i++)
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

    /** Sums the attention and the MLP of each layer. */
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
        return byLayer(ofLayers(HookPoint.Z), given(run) / 2, new Axis("head", c.nHeads()),
                (z, layer) -> z.mul(direction.dot(matrices.get(ParameterSpec.W_O, layer))).sum("dHead"));
    }

    private Tensor neurons(Tensor direction) {
        return byLayer(ofLayers(HookPoint.MLP_POST), (given(run) - 1) / 2, new Axis("dMlp", c.dMlp()),
                (post, layer) -> post.mul(direction.dot(matrices.get(ParameterSpec.W_DOWN, layer))));
    }

    /**
     * @param first the first layer that contributes
     * @param added returns the contributions of a layer's value at the position, [batch, …]
     */
    private Tensor byLayer(List<Site> sites, int first, Axis parts, BiFunction<Tensor, Integer, Tensor> added) {
        Tensor all = Tensor.zeros(
                new Shape(List.of(new Axis("batch", run.tokens().batch()), new Axis("layer", c.nLayers()), parts)));
        for (int layer = first; layer < c.nLayers(); layer++)
            all.at("layer", layer).assign(added.apply(values.get(sites.get(layer)).at("pos", 0), layer));
        return all;
    }
}
