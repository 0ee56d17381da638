package org.tornadolens.dsl.script;
import static org.tornadolens.dsl.script.Surveys.about;
import static org.tornadolens.dsl.script.Surveys.measure;
import static org.tornadolens.dsl.script.Surveys.settings;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Target;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.ActivationPatching;
import org.tornadolens.patching.AttributionPatching;
import org.tornadolens.patching.Pair;
import org.tornadolens.patching.PathPatching;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code patching.js}: sweeps, activation patching, path patching. */
public final class PatchingExports {

    private final Host host;

    PatchingExports(Host host) { this.host = host; }

    /**
     * @param cells  for each cell an array of declared interventions
     * @param metric null where {@code function}, of a Run, is the metric
     * @param places where in the result the number of each cell belongs; NaN elsewhere
     */
    @HostAccess.Export public Tensor sweep(Model model, Tokens tokens, Value cells, Metric metric, Value function,
            Value axes, Value sizes, Value places) throws IOException {
        List<List<Intervention>> all = new ArrayList<>();
        for (long i = 0; i < cells.getArraySize(); i++) {
            List<Intervention> cell = new ArrayList<>();
            for (Declared declared : Arguments.objects(cells.getArrayElement(i), Declared.class))
                cell.addAll(declared.in(model));
            all.add(cell);
        }
        try (Progress progress = host.progress("sweep")) {
            return placed(
                    measure(metric, function).sweep(model, tokens, all,
                            settings(host, progress, "cells", about("sweep", model, tokens, all))).cells(),
                    axes, sizes, places);
        }
    }

    /** The names of the sites that can be patched. */
    @HostAccess.Export public String[] sites() {
        return ActivationPatching.sites().toArray(String[]::new);
    }

    /** @param positions null, or for each place an array of one position or of one for each prompt */
    @HostAccess.Export public Tensor activation(Model model, Tokens clean, Tokens corrupted, Metric metric,
            Value function, String site, Value by, String direction, Value positions, boolean normalize)
            throws IOException {
        Optional<List<List<Integer>>> places = Optional.empty();
        if (!positions.isNull()) {
            List<List<Integer>> some = new ArrayList<>();
            for (long i = 0; i < positions.getArraySize(); i++)
                some.add(Arrays.stream(Arguments.ints(positions.getArrayElement(i))).boxed().toList());
            places = Optional.of(some);
        }
        ActivationPatching.Direction which =
                direction.equals("denoise") ? ActivationPatching.Direction.DENOISE : ActivationPatching.Direction.NOISE;
        ActivationPatching.Request request =
                new ActivationPatching.Request(new Pair(clean, corrupted), measure(metric, function), site,
                        Arguments.strings(by), which, places, normalize && host.dryRun().isEmpty());   // noise may be the same of both
        try (Progress progress = host.progress("patching " + site)) {
            return ActivationPatching
                    .of(model, request, settings(host, progress, "cells",
                            about("activation", model, clean, corrupted, site, request.by(), direction, places)))
                    .values();
        }
    }

    /**
     * @param senders by name: {@code "10.29"}, {@code "mlp 7"}, {@code "embed"}
     * @param targets heads' q, k or v, and MLPs
     */
    @HostAccess.Export public Tensor path(Model model, Tokens clean, Tokens corrupted, Metric metric, Value function,
            Value senders, Value targets, boolean logits, boolean linear, Value axes, Value sizes, Value places)
            throws IOException {
        List<Sender> from = new ArrayList<>();
        for (String name : Arguments.strings(senders)) from.add(Sender.parse(name));
        List<Receiver> to = new ArrayList<>();
        for (Target target : Arguments.objects(targets, Target.class))
            target.sites(model.configuration()).forEach(site -> to.addAll(Receiver.of(site)));
        if (logits) to.add(new Receiver.Logits(model.configuration().nLayers()));
        PathPatching.Request request =
                new PathPatching.Request(new Pair(clean, corrupted), measure(metric, function), from, to, linear);
        try (Progress progress = host.progress("patching paths to "
                + (to.size() > 3 ? to.size() + " receivers" : to.toString().replaceAll("[\\[\\]]", "")))) {
            return placed(
                    PathPatching.of(model, request,
                            settings(host, progress, "senders",
                                    about("path", model, clean, corrupted, from, to, linear)))
                            .values(),
                    axes, sizes, places);
        }
    }

    /** Scores by head, position or neuron, [layer, …]. */
    @HostAccess.Export public Tensor attribution(Model model, Tokens clean, Tokens corrupted, Metric metric, String by,
            int steps) {
        try (Progress progress = host.progress("attribution by " + by)) {
            AttributionPatching attribution = attribution(model, clean, corrupted, metric, steps, progress);
            return switch (by) {
                case "head" -> attribution.heads();
                case "position" -> attribution.positions();
                case "neuron" -> attribution.neurons();
                default -> throw new IllegalArgumentException("attribution by " + by);
            };
        }
    }

    /** Scores by node or edge, with their names. */
    @HostAccess.Export public ProxyArray namedAttribution(Model model, Tokens clean, Tokens corrupted, Metric metric,
            String by, int steps) {
        try (Progress progress = host.progress("attribution by " + by)) {
            AttributionPatching attribution = attribution(model, clean, corrupted, metric, steps, progress);
            AttributionPatching.Named named = by.equals("node") ? attribution.nodes() : attribution.edges();
            return ProxyArray.fromArray(named.senders().toArray(String[]::new),
                    named.receivers().toArray(String[]::new), named.scores());
        }
    }

    private static AttributionPatching attribution(Model model, Tokens clean, Tokens corrupted, Metric metric,
            int steps, Progress progress) {
        return new AttributionPatching(model, new Pair(clean, corrupted), metric, steps, done -> {
            progress.at(done, steps, "steps");
            Interrupts.check();
        });
    }

    /** A metric of the model as it is, its mean over the prompts. */
    @HostAccess.Export public double measured(Model model, Tokens tokens, Metric metric, Value function) {
        return measure(metric, function).of(model, tokens);
    }

    /** Numbers in their places in a tensor, NaN where there is none. */
    private static Tensor placed(double[] numbers, Value axes, Value sizes, Value places) {
        List<String> names = Arguments.strings(axes);
        int[] lengths = Arguments.ints(sizes), at = Arguments.ints(places);
        List<Axis> all = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) all.add(new Axis(names.get(i), lengths[i]));
        Tensor tensor = Tensor.zeros(new Shape(all));
        tensor.fill(Float.NaN);
        for (int i = 0; i < at.length; i++) tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, at[i], (float) numbers[i]);
        return tensor;
    }
}
