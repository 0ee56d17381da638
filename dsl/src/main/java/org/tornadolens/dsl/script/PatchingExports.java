package org.tornadolens.dsl.script;

import static org.tornadolens.dsl.script.Sweeps.about;
import static org.tornadolens.dsl.script.Sweeps.settings;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.tornadolens.Interruption;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.ActivationPatching;
import org.tornadolens.patching.AttributionPatching;
import org.tornadolens.patching.PathPatching;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.tensor.Tensor;

/** Behind {@code patching.js}: sweeps, activation patching, path patching. */
public final class PatchingExports {

    private final Host host;

    PatchingExports(Host host) { this.host = host; }

    /** @param cells the interventions of each cell */
    record SweepRequest(Model model, Tokens tokens, List<List<Declared>> cells, MetricRequest metric,
            GridRequest grid) {}

    @HostAccess.Export public Tensor sweep(Value request) throws IOException {
        SweepRequest asked = Requests.read(request, SweepRequest.class);
        Model model = asked.model();
        List<List<Intervention>> cells =
                asked.cells().stream().map(cell -> cell.stream().flatMap(one -> one.in(model).stream()).toList())
                        .toList();
        try (Progress progress = host.progress("sweep")) {
            return asked.grid().of(asked.metric().measure().sweep(model, asked.tokens(), cells,
                    settings(host, progress, "cells", about("sweep", model, asked.tokens(), cells))).cells());
        }
    }

    /** The names of the sites that can be patched. */
    @HostAccess.Export public String[] sites() {
        return ActivationPatching.sites().toArray(String[]::new);
    }

    /**
     * @param by        axes of the result, in order
     * @param positions for each place one position, or one for each prompt
     */
    record ActivationRequest(ExperimentRequest experiment, String site, List<String> by,
            ActivationPatching.Direction direction, Optional<List<List<Integer>>> positions, boolean normalize) {}

    @HostAccess.Export public Tensor activation(Value request) throws IOException {
        ActivationRequest asked = Requests.read(request, ActivationRequest.class);
        ExperimentRequest experiment = asked.experiment();
        boolean normalize = asked.normalize() && host.dryRun().isEmpty();   // a dry run may measure the same of both
        ActivationPatching.Request patching = new ActivationPatching.Request(experiment.pair(), experiment.measure(),
                asked.site(), asked.by(), asked.direction(), asked.positions(), normalize);
        try (Progress progress = host.progress("patching " + asked.site())) {
            return ActivationPatching.of(experiment.model(), patching, settings(host, progress, "cells",
                    about("activation", experiment.model(), experiment.clean(), experiment.corrupted(), asked.site(),
                            asked.by(), asked.direction(), asked.positions())))
                    .values();
        }
    }

    /**
     * @param senders by name: {@code "10.29"}, {@code "mlp 7"}, {@code "embed"}
     * @param targets receivers inside the model: heads' q, k or v, and MLPs
     * @param logits  whether the logits are a receiver
     */
    record PathRequest(ExperimentRequest experiment, List<String> senders, List<Target> targets, boolean logits,
            boolean linear, GridRequest grid) {

        List<Receiver> receivers() {
            Configuration configuration = experiment.model().configuration();
            List<Receiver> receivers = new ArrayList<>();
            for (Target target : targets)
                target.sites(configuration).forEach(site -> receivers.addAll(Receiver.of(site)));
            if (logits) receivers.add(new Receiver.Logits(configuration.nLayers()));
            return receivers;
        }
    }

    @HostAccess.Export public Tensor path(Value request) throws IOException {
        PathRequest asked = Requests.read(request, PathRequest.class);
        ExperimentRequest experiment = asked.experiment();
        List<Sender> from = asked.senders().stream().map(Sender::parse).toList();
        List<Receiver> to = asked.receivers();
        PathPatching.Request patching =
                new PathPatching.Request(experiment.pair(), experiment.measure(), from, to, asked.linear());
        try (Progress progress = host.progress("patching paths to "
                + (to.size() > 3 ? to.size() + " receivers" : to.toString().replaceAll("[\\[\\]]", "")))) {
            return asked.grid().of(PathPatching.of(experiment.model(), patching, settings(host, progress, "senders",
                    about("path", experiment.model(), experiment.clean(), experiment.corrupted(), from, to,
                            asked.linear())))
                    .values());
        }
    }

    record AttributionRequest(ExperimentRequest experiment, String by, int steps) {}

    /** Scores by head, position or neuron, [layer, …]. */
    @HostAccess.Export public Tensor attribution(Value request) {
        AttributionRequest asked = Requests.read(request, AttributionRequest.class);
        try (Progress progress = host.progress("attribution by " + asked.by())) {
            AttributionPatching attribution = attribution(asked, progress);
            return switch (asked.by()) {
                case "head" -> attribution.heads();
                case "position" -> attribution.positions();
                case "neuron" -> attribution.neurons();
                default -> throw new IllegalStateException("attribution by " + asked.by());
            };
        }
    }

    /** Scores by node or edge: the senders' names, the receivers' names, and the scores. */
    @HostAccess.Export public ProxyArray namedAttribution(Value request) {
        AttributionRequest asked = Requests.read(request, AttributionRequest.class);
        try (Progress progress = host.progress("attribution by " + asked.by())) {
            AttributionPatching attribution = attribution(asked, progress);
            AttributionPatching.Named named = asked.by().equals("node") ? attribution.nodes() : attribution.edges();
            return ProxyArray.fromArray(named.senders().toArray(String[]::new),
                    named.receivers().toArray(String[]::new), named.scores());
        }
    }

    private static AttributionPatching attribution(AttributionRequest asked, Progress progress) {
        ExperimentRequest experiment = asked.experiment();
        return new AttributionPatching(experiment.model(), experiment.pair(),
                experiment.metric().declared().orElseThrow(), asked.steps(), done -> {
                    progress.at(done, asked.steps(), "steps");
                    Interruption.check();
                });
    }

    /** A metric of the unchanged model, its mean over the prompts. */
    @HostAccess.Export public double measured(Model model, Tokens tokens, Value metric) {
        return Requests.read(metric, MetricRequest.class).measure().of(model, tokens);
    }
}
