package org.tornadolens.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.ActivationPatching;
import org.tornadolens.patching.Measure;
import org.tornadolens.patching.Pair;
import org.tornadolens.patching.PathPatching;
import org.tornadolens.patching.Receiver;
import org.tornadolens.patching.Sender;
import org.tornadolens.patching.Sweep;

/**
 * Compares sweeps with the equivalent loop of whole runs, on the same engine within the same minutes. The prompts of
 * the pair differ in the middle; the metric is a logit difference at the last position. Of the loop, a sample of cells
 * is run, from which its total time is estimated; their numbers are compared with those of the sweep.
 */
public final class SweepBench {

    private static final int CELLS_OF_LOOP = 6;

    private final Model model;
    private final Configuration c;
    private final Consumer<String> progress, out;
    private final Metric metric = new Metric.LogitDifference(List.of(100), List.of(200), -1);

    private SweepBench(Model model, Consumer<String> progress, Consumer<String> out) {
        this.model = model;
        this.c = model.configuration();
        this.progress = progress;
        this.out = out;
    }

    /**
     * @param progress receives the name of each measurement
     * @param out      receives the table line by line
     */
    public static void run(Model model, Consumer<String> progress, Consumer<String> out) {
        new SweepBench(model, progress, out).run();
    }

    private void run() {
        line("| prompt | sweep | cells | time | loop of whole runs | times faster | largest difference |");
        line("|---|---|---|---|---|---|---|");
        for (int length : new int[]{15, 64}) {
            if (length > c.nCtx()) continue;
            Pair pair = pair(length);
            patching(pair, "resid_pre", "layer", "pos");
            patching(pair, "z", "layer", "head");
            path(pair, new Receiver.Logits(c.nLayers()));
            path(pair, new Receiver.Input(new Head(c.nLayers() * 3 / 4, c.nHeads() / 2 - 1), Receiver.Kind.Q));
        }
    }

    private Pair pair(int length) {
        SplittableRandom random = new SplittableRandom(0);
        int[] clean = random.ints(length, 5, c.dVocab()).toArray(), corrupted = clean.clone();
        corrupted[length / 2] = clean[length / 2] == 77 ? 78 : 77;
        return new Pair(Tokens.of(clean), Tokens.of(corrupted));
    }

    /** The cells of the loop: their indices in the sweep, and one whole run for each. */
    private interface Loop {
        double number(int cell);
    }

    private void patching(Pair pair, String site, String... by) {
        ActivationPatching.Request request =
                new ActivationPatching.Request(pair, new Measure.Declared(metric), site, by);
        Run clean = model.run(pair.clean(),
                RunOptions.DEFAULT.keep("blocks.*." + (site.equals("z") ? "attn.hook_z" : "hook_" + site)));
        int inner = by[1].equals("pos") ? pair.clean().length() : c.nHeads();
        report(pair, site + " by " + String.join(" × ", by), () -> {
            var values = ActivationPatching.of(model, request, Sweep.Settings.DEFAULT).values();
            return IntStream.range(0, (int) values.elements()).mapToDouble(i -> values.get(i / inner, i % inner))
                    .toArray();
        }, cell -> {
            String block = "blocks." + cell / inner + ".";
            Site part = by[1].equals("pos") ? Site.of(block + "hook_" + site).at(List.of(cell % inner))
                    : Site.of(block + "attn.hook_z").heads(List.of(cell % inner));
            return number(pair.corrupted(), List.of(new Intervention.Patch(part, clean.cache().data())));
        });
    }

    private void path(Pair pair, Receiver receiver) {
        List<Sender> senders = new ArrayList<>();
        for (int layer = 0; 2 * layer < receiver.order(); layer++)
            for (int head = 0; head < c.nHeads(); head++) senders.add(new Sender.Head(new Head(layer, head)));
        PathPatching.Request request =
                new PathPatching.Request(pair, new Measure.Declared(metric), senders, List.of(receiver), false);
        Run clean = model.run(pair.clean(), RunOptions.DEFAULT.keep("*hook_z")),
                corrupted = model.run(pair.corrupted(), RunOptions.DEFAULT.keep("*hook_z"));
        report(pair, "paths, every head → " + receiver,
                () -> PathPatching.of(model, request, Sweep.Settings.DEFAULT).values(), cell -> {
                    List<Intervention> first = List.of(new Intervention.Patch(Site.of("*hook_z"), clean.cache().data()),
                            new Intervention.Patch(senders.get(cell).site(), corrupted.cache().data()));
                    if (receiver instanceof Receiver.Logits) return number(pair.clean(), first);
                    int head = ((Receiver.Input) receiver).head().head();
                    Run recorded = model.run(pair.clean(), RunOptions.DEFAULT.with(first)
                            .keep(receiver.written().name()).stopAt(receiver.order() / 2 + 1));
                    return number(pair.clean(),
                            List.of(new Intervention.Patch(Site.of(receiver.written().name()).heads(List.of(head)),
                                    recorded.cache().data())));
                });
    }

    private double number(Tokens tokens, List<Intervention> changes) {
        return metric.of(model.run(tokens, RunOptions.DEFAULT.at(-1).with(changes)))[0];
    }

    private interface Numbers {
        double[] all();
    }

    private void report(Pair pair, String what, Numbers sweep, Loop loop) {
        double[] numbers = sweep.all();
        double ours = IntStream.range(0, 2).mapToDouble(i -> seconds(sweep::all)).min().orElseThrow();
        int[] sample = IntStream.range(0, CELLS_OF_LOOP)
                .map(i -> (int) ((2L * i + 1) * numbers.length / (2 * CELLS_OF_LOOP))).distinct().toArray();
        double[] expected = Arrays.stream(sample).mapToDouble(loop::number).toArray();
        double theirs =
                IntStream.range(0, 2).mapToDouble(i -> seconds(() -> Arrays.stream(sample).forEach(loop::number))).min()
                        .orElseThrow() / sample.length * numbers.length;
        double difference = IntStream.range(0, sample.length)
                .mapToDouble(i -> Math.abs(expected[i] - numbers[sample[i]])).max().orElseThrow();
        line("| %d tokens | %s | %d | %.3f s | %.2f s | %.1f | %.1e |", pair.clean().length(), what, numbers.length,
                ours, theirs, theirs / ours, difference);
        progress.accept(what + ", " + pair.clean().length() + " tokens");
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private void line(String format, Object... values) { out.accept(String.format(Locale.ROOT, format, values)); }
}
