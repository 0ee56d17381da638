package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.Interruption;
import org.tornadolens.analysis.DirectAttribution;
import org.tornadolens.analysis.LogitLens;
import org.tornadolens.analysis.NeuronTokens;
import org.tornadolens.analysis.ResidualDistance;
import org.tornadolens.analysis.Rollout;
import org.tornadolens.backend.Positions;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/** Behind {@code analysis.js}: attribution, logit lens, neurons' tokens, rollout and residual distances of a run. */
public final class AnalysisExports {

    private final Host host;

    AnalysisExports(Host host) { this.host = host; }

    // ---- runs

    @HostAccess.Export public int rows(Run run) { return run.tokens().batch(); }

    /** The pieces of tokens, or their ids if the model has no tokenizer. */
    @HostAccess.Export public String[] pieces(Model model, Value ids) {
        return TokenLabels.of(model, Arguments.ints(ids));
    }

    /** The tokens at these positions (null for all), row by row; padding is empty. */
    @HostAccess.Export public String[][] labelsOfPositions(Run run, Value positions) {
        Tokens tokens = run.tokens();
        Optional<List<Integer>> some = Arguments.optionalInts(positions);
        return IntStream.range(0, tokens.batch()).mapToObj(row -> {
            int padding = tokens.padding()[row];
            int[] at = some.map(p -> Positions.indices(p, padding, tokens.length()))
                    .orElseGet(() -> IntStream.range(0, tokens.length()).toArray());
            String[] labels = TokenLabels.of(run.model(), IntStream.of(at).map(p -> tokens.id(row, p)).toArray());
            for (int i = 0; i < at.length; i++) if (at[i] < padding) labels[i] = "";
            return labels;
        }).toArray(String[][]::new);
    }

    // ---- direct attribution

    /**
     * @param added      the token of each row whose logit is attributed
     * @param subtracted the token of each row whose logit is subtracted, or none
     */
    record DirectRequest(Run run, List<Integer> added, List<Integer> subtracted, int pos, DirectAttribution.By by,
            boolean cumulative) {}

    @HostAccess.Export public Tensor direct(Value request) {
        DirectRequest asked = Requests.read(request, DirectRequest.class);
        try (Progress progress = host.progress("attribution by " + asked.by().name().toLowerCase(Locale.ROOT))) {
            Tensor parts = DirectAttribution.of(asked.run(), ints(asked.added()), ints(asked.subtracted()),
                    asked.pos(), asked.by());
            return asked.cumulative() ? DirectAttribution.cumulative(parts) : parts;
        }
    }

    private static int[] ints(List<Integer> list) { return list.stream().mapToInt(Integer::intValue).toArray(); }

    @HostAccess.Export public String[] labels(Run run, String by) {
        return DirectAttribution.labels(run, DirectAttribution.By.valueOf(by.toUpperCase(Locale.ROOT)))
                .toArray(String[]::new);
    }

    // ---- logit lens

    /**
     * @param top      tokens kept of each position
     * @param followed the token of each row to follow through the layers, or none
     */
    record LensRequest(Run run, LogitLens.Of of, Optional<List<Integer>> pos, int top, List<Integer> followed) {}

    @HostAccess.Export public LogitLens logitLens(Value request) {
        LensRequest asked = Requests.read(request, LensRequest.class);
        try (Progress progress = host.progress("logit lens")) {
            return LogitLens.of(asked.run(), asked.of(), asked.pos(), asked.top(), ints(asked.followed()),
                    counting(progress, asked.run().model().configuration().nLayers(), "layers"));
        }
    }

    @HostAccess.Export public String[] lensLayers(LogitLens lens) { return lens.layers().toArray(String[]::new); }

    @HostAccess.Export public Tensor lensTokens(LogitLens lens) { return lens.tokens(); }

    @HostAccess.Export public Tensor lensProbabilities(LogitLens lens) { return lens.probabilities(); }

    @HostAccess.Export public Tensor lensTarget(LogitLens lens, String name) {
        LogitLens.Target target = lens.target().orElseThrow();
        return switch (name) {
            case "logit" -> target.logit();
            case "probability" -> target.probability();
            case "rank" -> target.rank();
            default -> throw new IllegalStateException(name);
        };
    }

    // ---- neurons, attention and residual stream

    @HostAccess.Export public NeuronTokens neuronTokens(Model model, int layer, Value neurons, int top) {
        int[] named = Arguments.ints(neurons);
        try (Progress progress = host.progress("tokens of neurons")) {
            return NeuronTokens.of(model, layer, named, top, counting(progress, named.length, "neurons"));
        }
    }

    @HostAccess.Export public Tensor neuronIds(NeuronTokens neurons) { return neurons.tokens(); }

    @HostAccess.Export public Tensor neuronLogits(NeuronTokens neurons) { return neurons.logits(); }

    @HostAccess.Export public Tensor rollout(Run run) {
        try (Progress progress = host.progress("rollout")) {
            return Rollout.of(run);
        }
    }

    /** @param positions two for each pair */
    @HostAccess.Export public Object[] residualDistance(Run run, Value positions) {
        int[] all = Arguments.ints(positions);
        List<ResidualDistance.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < all.length; i += 2) pairs.add(new ResidualDistance.Pair(all[i], all[i + 1]));
        ResidualDistance distances = ResidualDistance.of(run, pairs);
        return new Object[]{distances.distance(), distances.cosine()};
    }

    private static IntConsumer counting(Progress progress, int all, String units) {
        return done -> {
            progress.at(done, all, units);
            Interruption.check();
        };
    }
}
