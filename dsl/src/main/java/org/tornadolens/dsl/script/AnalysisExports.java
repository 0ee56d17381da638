package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.analysis.DirectAttribution;
import org.tornadolens.analysis.LogitLens;
import org.tornadolens.analysis.NeuronTokens;
import org.tornadolens.analysis.ResidualDistance;
import org.tornadolens.analysis.Rollout;
import org.tornadolens.backend.Positions;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/** Behind {@code analysis.js}: what can be read off a run. */
public final class AnalysisExports {

    private final Host host;

    AnalysisExports(Host host) { this.host = host; }

    // ---- runs

    @HostAccess.Export public Model model(Run run) { return run.model(); }

    @HostAccess.Export public int rows(Run run) { return run.tokens().batch(); }

    /** Tokens as people read them: their pieces, or their ids where there is no tokenizer. */
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

    @HostAccess.Export public Tensor direct(Run run, Value correct, Value wrong, int position, String by,
            boolean cumulative) {
        DirectAttribution.By parts = by(by);
        try (Progress progress = host.progress("attribution by " + by)) {
            Tensor added = DirectAttribution.of(run, Arguments.ints(correct), Arguments.ints(wrong), position, parts);
            return cumulative ? DirectAttribution.cumulative(added) : added;
        }
    }

    @HostAccess.Export public String[] labels(Run run, String by) {
        return DirectAttribution.labels(run, by(by)).toArray(String[]::new);
    }

    private static DirectAttribution.By by(String name) {
        return DirectAttribution.By.valueOf(name.toUpperCase(Locale.ROOT));
    }

    // ---- logit lens

    @HostAccess.Export public LogitLens logitLens(Run run, String of, Value positions, int top, Value asked) {
        try (Progress progress = host.progress("logit lens")) {
            return LogitLens.of(run, LogitLens.Of.valueOf(of.toUpperCase(Locale.ROOT)),
                    Arguments.optionalInts(positions), top, Arguments.ints(asked),
                    counting(progress, run.model().configuration().nLayers(), "layers"));
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
            Interrupts.check();
        };
    }
}
