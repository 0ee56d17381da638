package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.Interruption;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Generated;
import org.tornadolens.model.Generated.Alternative;
import org.tornadolens.model.Generated.Choice;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;

/** Behind {@code model.generate}: continuing prompts. */
public final class GenerationExports {

    private final Host host;

    GenerationExports(Host host) { this.host = host; }

    /**
     * @param stopIds      ids that end a row, besides the model's ends of sequence
     * @param stopTexts    strings that end a row as soon as the generated text contains one
     * @param alternatives how many alternatives each new token is reported with; absent: none is reported
     * @param everything   whether every value is kept
     * @param targets      the values that are kept otherwise
     */
    record GenerationRequest(Model model, Tokens prompt, int max, double temperature, double topP, int topK,
            double minP, double seed, List<Integer> stopIds, List<String> stopTexts, OptionalInt alternatives,
            boolean everything, List<Target> targets) {

        Generation.Options options() {
            List<Integer> stop = new ArrayList<>(model.configuration().eos());
            stop.addAll(stopIds);
            return new Generation.Options(max, new Sampling(temperature, topP, topK, minP), (long) seed, stop,
                    stopTexts, alternatives, Kept.sites(model, everything, targets));
        }
    }

    @HostAccess.Export public Generated generate(Value request) {
        GenerationRequest asked = Requests.read(request, GenerationRequest.class);
        Tokens prompt = asked.prompt();
        try (Progress progress = host.progress("generating")) {
            long[] made = {0};
            return Generation.generate(asked.model(), prompt, asked.options(), (row, token) -> {
                progress.at(++made[0], (long) asked.max() * prompt.batch(), "tokens");
                Interruption.check();
                return true;
            });
        }
    }

    /** The prompts and the tokens generated after them, padded again. */
    @HostAccess.Export public Tokens tokens(Generated generated) {
        return generated.tokens();
    }

    /** Why each row ended: "eos", "stop", "max" or "context". */
    @HostAccess.Export public String[] endings(Generated generated) {
        return generated.endings().stream().map(ending -> ending.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new);
    }

    /** The ids of a row's new tokens. */
    @HostAccess.Export public int[] chosen(Generated generated, int row) {
        return generated.choices().get(row).stream().mapToInt(Choice::token).toArray();
    }

    @HostAccess.Export public double[] logProbs(Generated generated, int row) {
        return generated.choices().get(row).stream().mapToDouble(Choice::logProb).toArray();
    }

    /** The ids of the alternatives to each new token of a row. */
    @HostAccess.Export public int[][] alternatives(Generated generated, int row) {
        return generated.choices().get(row).stream()
                .map(choice -> choice.alternatives().stream().mapToInt(Alternative::token).toArray())
                .toArray(int[][]::new);
    }

    @HostAccess.Export public double[][] alternativeLogProbs(Generated generated, int row) {
        return generated.choices().get(row).stream()
                .map(choice -> choice.alternatives().stream().mapToDouble(Alternative::logProb).toArray())
                .toArray(double[][]::new);
    }

    /** The values that the runs of the generation had, as those of one run of the whole rows. */
    @HostAccess.Export public Run run(Model model, Generated generated) {
        return generated.run(model);
    }
}
