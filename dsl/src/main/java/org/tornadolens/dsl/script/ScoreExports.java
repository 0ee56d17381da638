package org.tornadolens.dsl.script;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.tornadolens.Interruption;
import org.tornadolens.analysis.Copying;
import org.tornadolens.analysis.HeadScores;
import org.tornadolens.analysis.PatternScore;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.model.Model;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Behind {@code scores.js}: what heads attend to and whether they copy. */
public final class ScoreExports {

    private final Host host;

    ScoreExports(Host host) { this.host = host; }

    /** @param copies how many times each random segment of {@code length} tokens occurs */
    record PatternRequest(Model model, int batch, int length, int copies, double seed) {

        RandomTokens tokens() {
            boolean bos = RandomTokens.bos(model).isPresent();
            return RandomTokens.of(model, batch, length, copies, (long) seed, bos);
        }
    }

    /** Every pattern score by its name in the module, from one run. */
    @HostAccess.Export public ProxyObject patterns(Value request) {
        PatternRequest asked = Requests.read(request, PatternRequest.class);
        Model model = asked.model();
        RandomTokens tokens = asked.tokens();
        Map<String, Object> named = new LinkedHashMap<>();
        try (Progress progress = host.progress("head scores")) {
            HeadScores.of(model, tokens, layersOf(model, progress))
                    .forEach((score, tensor) -> named.put(name(score), tensor));
        }
        return ProxyObject.fromMap(named);
    }

    private static String name(PatternScore score) {
        return switch (score) {
            case FIRST_TOKEN -> "firstToken";
            case PREVIOUS_TOKEN -> "previousToken";
            case CURRENT_TOKEN -> "currentToken";
            case DUPLICATE_TOKEN -> "duplicateToken";
            case INDUCTION -> "induction";
            case PREFIX_MATCHING -> "prefixMatching";
        };
    }

    @HostAccess.Export public Tensor copying(Model model) {
        if (host.dryRun().isPresent()) {
            host.dryRun().get().computation("copying scores", Copying.bytes(model.configuration()),
                    Copying.products(model.configuration()));
            Tensor planned = Tensor
                    .zeros(Shape.of("layer", model.configuration().nLayers(), "head", model.configuration().nHeads()));
            planned.fill(0.5f);
            return planned;
        }
        try (Progress progress = host.progress("copying scores")) {
            return Copying.scores(model, layersOf(model, progress));
        }
    }

    private static IntConsumer layersOf(Model model, Progress progress) {
        return done -> {
            progress.at(done, model.configuration().nLayers(), "layers");
            Interruption.check();
        };
    }
}
