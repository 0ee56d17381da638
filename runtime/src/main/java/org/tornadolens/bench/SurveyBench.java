package org.tornadolens.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dataset.DatasetOptions;
import org.tornadolens.dataset.Source;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.survey.Collector;
import org.tornadolens.survey.Reading;
import org.tornadolens.survey.Survey;

/**
 * Compares surveys with bare runs of the same batches, which keep nothing: the loss alone, and with collectors. Both
 * run in turn, several times, and the best time of each counts.
 */
public final class SurveyBench {

    private static final int LENGTH = 128, TOKENS = 2048, TIMES = 4;

    private final Model model;
    private final Consumer<String> progress, out;
    private final List<int[]> rows = new ArrayList<>();

    private SurveyBench(Model model, Consumer<String> progress, Consumer<String> out) {
        this.model = model;
        this.progress = progress;
        this.out = out;
        SplittableRandom random = new SplittableRandom(0);
        int length = Math.min(LENGTH, model.configuration().nCtx());
        for (int i = 0; i < TOKENS / length; i++)
            rows.add(random.ints(length, 5, model.configuration().dVocab()).toArray());
    }

    /**
     * @param progress receives the name of each measurement
     * @param out      receives the table line by line
     */
    public static void run(Model model, Consumer<String> progress, Consumer<String> out) {
        new SurveyBench(model, progress, out).run();
    }

    private void run() {
        List<Site> neurons = List.of(Site.of(HookPoint.MLP_POST.everywhere())),
                z = List.of(Site.of(HookPoint.Z.everywhere())),
                residual = List.of(Site.of(HookPoint.RESID_POST.name(model.configuration().nLayers() / 2)));
        Map<String, Collector> mean = Map.of("mean", new Collector.Mean(z, Reading.COORDINATES, true)),
                top = Map.of("top", new Collector.Top(neurons, Reading.COORDINATES, 20, 10, true)),
                several = new LinkedHashMap<>();
        several.put("mean", new Collector.Mean(residual, Reading.COORDINATES, false));
        several.put("bins", new Collector.Histogram(residual, Reading.COORDINATES, 64, Optional.empty(), false));
        several.put("quantiles", new Collector.Quantiles(residual, Reading.COORDINATES, false));
        several.put("loss", new Collector.Loss());
        out.accept("| survey | tokens/s | bare runs, tokens/s | ratio |");
        out.accept("|---|---|---|---|");
        RunOptions logits = RunOptions.DEFAULT.withLoss(), last = RunOptions.DEFAULT.withoutLogits().stopAt(
                model.configuration().nLayers());
        report("loss", Map.of("loss", new Collector.Loss()), logits);
        report("mean, distribution and quantiles of a residual stream, loss", several, logits);
        report("means of every head's z, by position", mean, last);
        report("covariance of a residual stream",
                Map.of("covariance", new Collector.Covariance(residual, Reading.COORDINATES)),
                RunOptions.DEFAULT.withoutLogits().stopAt(model.configuration().nLayers() / 2 + 1));
        report("top 20 rows and histogram of every neuron", top, last);
    }

    private void report(String name, Map<String, Collector> collectors, RunOptions bare) {
        progress.accept(name);
        Dataset data = new Dataset(new Source.Ids(rows), DatasetOptions.DEFAULT);
        Survey survey = Survey.of(model, data, collectors, Survey.Settings.DEFAULT);
        RunOptions options = bare.loss() ? new RunOptions(bare.keep(), bare.interventions(), bare.at(), bare.from(),
                bare.stopAt(), false, true) : bare;
        double surveyed = Double.POSITIVE_INFINITY, plain = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= TIMES; i++) {    // the first is for the compiler
            double a = seconds(survey::run), b = seconds(() -> plain(options));
            if (i == 0) continue;
            surveyed = Math.min(surveyed, a);
            plain = Math.min(plain, b);
        }
        long tokens = rows.stream().mapToLong(row -> row.length).sum();
        out.accept(String.format(Locale.ROOT, "| %s | %,.0f | %,.0f | %.2f |", name, tokens / surveyed, tokens / plain,
                plain / surveyed));
    }

    private void plain(RunOptions options) {
        int count = Math.max(1, TOKENS / rows.getFirst().length);
        for (int from = 0; from < rows.size(); from += count)
            model.run(Tokens.of(rows.subList(from, Math.min(rows.size(), from + count))), options);
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }
}
