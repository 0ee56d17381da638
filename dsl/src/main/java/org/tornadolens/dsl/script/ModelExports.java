package org.tornadolens.dsl.script;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Variant;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Target;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Gradient;
import org.tornadolens.tensor.Tensor;

/** Behind {@code model.js}: models and their runs. */
public final class ModelExports {

    private final Host host;

    ModelExports(Host host) { this.host = host; }

    /** @param path null for the bundled model; --model wins over it, as --dtype and --device over the others */
    @HostAccess.Export public Model load(String path, String dtype, String device) {
        return Models.open(host, Optional.ofNullable(path), Optional.ofNullable(dtype), Optional.ofNullable(device));
    }

    @HostAccess.Export public ProxyObject configuration(Model model) {
        Configuration c = model.configuration();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("nLayers", c.nLayers());
        facts.put("nHeads", c.nHeads());
        facts.put("nKvHeads", c.nKvHeads());
        facts.put("dModel", c.dModel());
        facts.put("dHead", c.dHead());
        facts.put("dMlp", c.dMlp());
        facts.put("dVocab", c.dVocab());
        facts.put("nCtx", c.nCtx());
        facts.put("ropeTheta", c.ropeTheta());
        facts.put("ropeFrequencies", ProxyArray.fromList(List.copyOf(c.rotary().frequencies())));
        facts.put("normEps", c.normEps());
        facts.put("tied", c.tied());
        facts.put("family", c.family().name());
        facts.put("qkvBias", c.variant().qkvBias());
        facts.put("outputBias", c.variant().outputBias());
        facts.put("mlpBias", c.variant().mlpBias());
        facts.put("qkNorm", c.variant().qkNorm());
        facts.put("slidingWindow", c.variant().window().map(Variant.Window::size).orElse(null));
        return ProxyObject.fromMap(facts);
    }

    @HostAccess.Export public String[] hookNames(Model model) { return model.hookNames().all().toArray(String[]::new); }

    /** In a line or two, for people. */
    @HostAccess.Export public String describe(Model model) {
        Configuration c = model.configuration();
        StringBuilder text = new StringBuilder("Model ").append(model.checkpoint().source()).append(" (")
                .append(model.checkpoint().format()).append("): ")
                .append(c.nLayers()).append(" layers of ").append(c.nHeads()).append(" heads");
        if (c.nKvHeads() != c.nHeads()) text.append(" (").append(c.nKvHeads()).append(" of keys and values)");
        text.append(", dModel ").append(c.dModel()).append(", vocabulary ").append(c.dVocab()).append(", on ")
                .append(model.backend().name());
        for (Intervention intervention : model.declared())
            text.append("\n  ").append(Described.text(intervention, c));
        return text.toString();
    }

    @HostAccess.Export public Model with(Model model, Value declared) {
        return model.with(declared(model, Arguments.objects(declared, Declared.class)));
    }

    private static List<Intervention> declared(Model model, List<Declared> declared) {
        return declared.stream().flatMap(one -> one.in(model).stream()).toList();
    }

    // ---- runs

    /**
     * @param everything whether every value is kept
     * @param targets    the values that are kept otherwise
     * @param at         positions
     * @param from       values given in place of computed ones, by hook name
     * @param stopAt     a layer
     */
    record RunRequest(Model model, Tokens tokens, boolean everything, List<Target> targets,
            List<Declared> interventions, Optional<List<Integer>> at, Map<String, Tensor> from, OptionalInt stopAt,
            boolean logits, boolean loss) {

        RunOptions options() {
            return new RunOptions(Kept.sites(model, everything, targets), declared(model, interventions), at, from,
                    stopAt, logits, loss);
        }
    }

    @HostAccess.Export public Run run(Value request) {
        RunRequest asked = Requests.read(request, RunRequest.class);
        Tokens tokens = asked.tokens();
        RunOptions options = asked.options();
        try (Progress progress =
                host.progress("running the model on " + tokens.batch() + " × " + tokens.length() + " tokens")) {
            Run run = asked.model().run(tokens, options);
            run.nonFinite().ifPresent(first -> host.warn(asked.model(), first.hook(),
                    first.inWords() + "; what is computed from it is no number either"));
            return run;
        }
    }

    /** The model that was run, without the interventions of this run alone. */
    @HostAccess.Export public Model ofRun(Run run) {
        return run.model();
    }

    @HostAccess.Export public Tensor logits(Run run) { return run.logits(); }

    @HostAccess.Export public Tensor loss(Run run) { return run.loss(); }

    @HostAccess.Export public Tokens tokens(Run run) { return run.tokens(); }

    @HostAccess.Export public String[] cached(Run run) { return run.cache().names().toArray(String[]::new); }

    /** One value of the cache. */
    @HostAccess.Export public Tensor cache(Model model, Run run, Target target) {
        List<Site> sites = target.sites(model.configuration());
        if (sites.size() != 1)
            throw new UsageException("the cache gives one value at a time; this names " + sites.size() + ": "
                    + sites.getFirst() + " to " + sites.getLast());
        Site site = sites.getFirst();
        Optional<String> whole =
                site.part().all() && !site.value().contains("*") ? Optional.of(site.value()) : Optional.empty();
        return whole.map(run.cache()::get).orElseGet(() -> run.cache().get(site));
    }

    /** The gradient of a metric with respect to one value of a run, each row's of its own metric. */
    @HostAccess.Export public Tensor gradient(Run run, Target target, Metric metric) {
        Model model = run.model().with(run.options().interventions());
        if (!run.options().from().isEmpty())
            throw new UsageException("the gradient of a run that was given " + run.options().from().keySet()
                    + " cannot be had; run the model from its tokens");
        List<Site> sites = target.sites(model.configuration());
        List<String> names = sites.size() == 1 ? model.hookNames().match(sites.getFirst().value()) : List.of();
        if (names.size() != 1)
            throw new UsageException("grad gives the gradient of one value at a time; this names several, from "
                    + sites.getFirst() + " on");
        Site site = sites.getFirst();
        if (site.part().rows().isPresent() || site.part().columns().isPresent() || site.positions().isPresent())
            throw new UsageException(
                    "grad gives the gradient of a whole value or of one head: take parts of the tensor, not " + site);
        try (Progress progress = host.progress("running the model forward and backward")) {
            Tensor gradient =
                    run.tokens().masked(
                            Gradient.of(model, metric, names, List.of()).run(run.tokens()).gradients()
                                    .get(names.getFirst()));
            if (site.heads().isEmpty() || site.heads().get().size() == model.configuration().nHeads()
                    && model.configuration().nHeads() > 1)
                return gradient;
            List<Integer> heads = model.headIndices(names.getFirst(), site.heads().get());
            if (heads.size() != 1)
                throw new UsageException(
                        "grad gives the gradient of a whole value or of one head, not of heads " + site.heads().get());
            return gradient.at(gradient.shape().indexOf("head") >= 0 ? "head" : "kvHead", heads.getFirst());
        }
    }
}
