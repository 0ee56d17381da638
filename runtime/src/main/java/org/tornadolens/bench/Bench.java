package org.tornadolens.bench;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.Profile;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;

/**
 * Measures a model on this machine relative to the peak of the multiply-add units and the read bandwidth of memory,
 * both measured in the same run. Times are the best of several, since other programs can only slow a run down;
 * comparisons are medians of alternating runs. Prints a Markdown table.
 */
public final class Bench {

    private static final int PROMPT = 512, GENERATED = 128, GENERATIONS = 5, PROFILED = 32;
    private static final Dimension BATCH = new Dimension("batch", Size.Symbol.BATCH),
            POS = new Dimension("pos", Size.Symbol.POS);

    private final Model model;
    private final Configuration c;
    private final Consumer<String> progress, out;
    private final List<Row> rows = new ArrayList<>();
    private double peak, bandwidth;   // GFLOP/s, GB/s: the best measured so far

    /** A line of the table; the share is computed last, when the machine's limits are known. */
    private record Row(String what, double seconds, String rate, Supplier<String> share) {}

    private Bench(Model model, Consumer<String> progress, Consumer<String> out) {
        this.progress = progress;
        this.model = model;
        this.c = model.configuration();
        this.out = out;
    }

    /**
     * @param progress receives the name of each measurement
     * @param out      receives the table line by line at the end
     */
    public static void run(Model model, Consumer<String> progress, Consumer<String> out) {
        new Bench(model, progress, out).run();
    }

    private void run() {
        products();
        prefill();
        decode();
        hooks();
        line("%s, %s, Java %s", LocalDate.now(), model.backend().device(), Runtime.version());
        line("%s: %d layers, %d heads (%d kv), width %d, hidden %d, vocabulary %d", model.checkpoint().format(),
                c.nLayers(), c.nHeads(), c.nKvHeads(), c.dModel(), c.dMlp(), c.dVocab());
        line("peak of the multiply-add units %.0f GFLOP/s, memory read at %.1f GB/s "
                + "(all threads, the best measured in this run)",
                peak, bandwidth);
        line("");
        line("| what | time | rate | share |");
        line("|---|---|---|---|");
        for (Row row : rows) {
            String time = row.seconds < 0.1 ? "%.3f ms".formatted(row.seconds * 1e3) : "%.3f s".formatted(row.seconds);
            line("| %s | %s | %s | %s |", row.what, time, row.rate, row.share.get());
        }
        line("");
        int length = Math.min(PROMPT, c.nCtx());
        long bytes = model.memory(RunOptions.DEFAULT.at(-1), 1, length).bytes();
        line("Memory of a run of %d tokens besides the weights: %.1f MB; weights %.1f MB.", length, bytes / 1e6,
                model.weights().bytes() / 1e6);
        profiles();
    }

    /** Measures the machine's limits again between rows, since other programs can only lower the result. */
    private void yardsticks() {
        peak = Math.max(peak, MachinePeak.flops(100) / 1e9);
        bandwidth = Math.max(bandwidth, MachinePeak.readBandwidth(3) / 1e9);
    }

    // ---- matrix products

    private void products() {
        Weight up = model.weights().get(new Parameters(c).get(ParameterSpec.W_UP, 0).name());
        Weight down = model.weights().get(new Parameters(c).get(ParameterSpec.W_DOWN, 0).name());
        for (Weight weight : List.of(up, down)) for (int rows : new int[]{512, 64, 15}) product(rows, weight);
    }

    private void product(int rows, Weight w) {
        Value x = Value.of("x", BATCH, POS, new Dimension("in", new Size.Fixed(w.columns()))),
                y = Value.of("y", BATCH, POS, new Dimension("out", new Size.Fixed(w.rows())));
        Operation product = new Operation.Linear(x, new Parameter(w.name(), w.rows(), w.columns()), y);
        double seconds = new OperationTimer(model.backend(), model.weights())
                .seconds(new OperationTimer.Trial(product, 1, rows));
        double gigaflops = 2.0 * rows * w.elements() / seconds / 1e9;
        row("matrix product %d×%d×%d, %s".formatted(rows, w.rows(), w.columns(), w.type()), seconds,
                "%.0f GFLOP/s".formatted(gigaflops), () -> "%.2f of peak".formatted(gigaflops / peak));
    }

    // ---- whole runs

    private void prefill() {
        int length = Math.min(PROMPT, c.nCtx());
        Tokens tokens = random(1, length);
        for (boolean all : new boolean[]{false, true}) {
            RunOptions options = all ? RunOptions.DEFAULT : RunOptions.DEFAULT.at(-1);
            double seconds = best(() -> model.run(tokens, options), 5);
            double gigaflops = flops(length, all ? length : 1) / seconds / 1e9;
            row("prefill %d tokens, logits at %s".formatted(length, all ? "every position" : "the last"), seconds,
                    "%.0f tokens/s".formatted(length / seconds), () -> "%.2f of peak".formatted(gigaflops / peak));
        }
        Tokens short15 = random(1, Math.min(15, c.nCtx()));
        double seconds = best(() -> model.run(short15), 2);
        double gigaflops = flops(short15.length(), short15.length()) / seconds / 1e9;
        row("run of %d tokens, all logits".formatted(short15.length()), seconds,
                "%.0f tokens/s".formatted(short15.length() / seconds),
                () -> "%.2f of peak".formatted(gigaflops / peak));
    }

    private void decode() {
        int prompt = Math.min(16, c.nCtx() / 2), count = Math.min(GENERATED, c.nCtx() - prompt);
        Decoded here = token(model, prompt, count);
        decoded("decode %d tokens, a token".formatted(count), here.fastest());
        decoded("the same, each token at its best of %d".formatted(GENERATIONS), here.best());
        if (model.backend() == Backends.cpu()) return;
        Decoded plain = token(Model.of(model.checkpoint(), Backends.cpu()), prompt, count);
        row("decode, of the CPU backend in the same run", plain.fastest(),
                "%.1f tokens/s".formatted(1 / plain.fastest()),
                () -> "%.2f of it reached here".formatted(plain.fastest() / here.fastest()));
    }

    /** Seconds per token: the mean of the fastest generation, and the mean over the best times of every token. */
    private record Decoded(double fastest, double best) {}

    private Decoded token(Model of, int prompt, int count) {
        double[] best = new double[count - 1];   // by token, without the first; later ones attend to more keys
        double fastest = Double.MAX_VALUE;
        Arrays.fill(best, Double.MAX_VALUE);
        for (int repeat = 0; repeat < GENERATIONS; repeat++) {
            List<Long> times = new ArrayList<>();
            generate(of, prompt, count, times);
            for (int i = 0; i < best.length; i++) best[i] = Math.min(best[i], (times.get(i + 1) - times.get(i)) / 1e9);
            fastest = Math.min(fastest, (times.getLast() - times.getFirst()) / 1e9 / best.length);
        }
        return new Decoded(fastest, Arrays.stream(best).average().orElseThrow());
    }

    private void decoded(String what, double seconds) {
        double gigabytes = bytesPerToken() / seconds / 1e9;
        row(what, seconds, "%.1f tokens/s".formatted(1 / seconds),
                () -> "%.2f of read bandwidth".formatted(gigabytes / bandwidth));
    }

    private void generate(Model of, int prompt, int count, List<Long> times) {
        Generation.generate(of, random(1, prompt), new Generation.Options(count, Sampling.GREEDY, 0, List.of()),
                (row, token) -> times.add(System.nanoTime()));
    }

    // ---- where a device's time goes

    private void profiles() {
        int prompt = Math.min(16, c.nCtx() / 2), more = Math.min(PROFILED, c.nCtx() - prompt - 1),
                length = Math.min(PROMPT, c.nCtx());
        Optional<Profile> one = model.backend().profile(() -> generate(model, prompt, 1, new ArrayList<>()));
        Optional<Profile> many = model.backend().profile(() -> generate(model, prompt, 1 + more, new ArrayList<>()));
        if (one.isEmpty() || many.isEmpty()) return;
        line("");
        line("A token takes %d launches of %d kernels. Each by itself:",
                Math.round((many.get().launches() - one.get().launches()) / (double) more),
                Math.round((many.get().kernels() - one.get().kernels()) / (double) more));
        profile(many.get(), one, more);
        model.backend().profile(() -> model.run(random(1, length), RunOptions.DEFAULT.at(-1))).ifPresent(prefill -> {
            line("");
            line("Prefill of %d tokens takes %d launches of %d kernels. Each by itself:", length, prefill.launches(),
                    prefill.kernels());
            profile(prefill, Optional.empty(), 1);
        });
    }

    /** @param excluded the steps to subtract */
    private void profile(Profile profile, Optional<Profile> excluded, int times) {
        line("");
        line("| kernel | times | time |");
        line("|---|---|---|");
        for (Profile.Step step : profile.steps()) {
            Optional<Profile.Step> other =
                    excluded.flatMap(e -> e.steps().stream().filter(s -> s.kernel().equals(step.kernel())).findFirst());
            double count = (step.times() - other.map(Profile.Step::times).orElse(0L)) / (double) times,
                    seconds = (step.seconds() - other.map(Profile.Step::seconds).orElse(0.0)) / times;
            if (count >= 0.5) line("| %s | %d | %.3f ms |", step.kernel(), Math.round(count), seconds * 1e3);
        }
    }

    // ---- what hooks cost

    private void hooks() {
        int length = Math.min(PROMPT, c.nCtx());
        Tokens shortRow = random(1, Math.min(15, c.nCtx())), longRow = random(1, length);
        Executable bare = model.backend().compile(model.program(RunOptions.DEFAULT), model.weights());
        Inputs inputs = new Inputs(shortRow.ids(), shortRow.padding(), Optional.empty(), Map.of());
        compare("no hook set: model.run against its bare program, 15 tokens", () -> bare.run(inputs),
                () -> model.run(shortRow));

        List<Intervention> identity =
                List.of(new Intervention.Hook(Site.of("blocks.*.hook_resid_post"), (value, context) -> value));
        compare("a hook that changes nothing on every layer, 15 tokens", () -> model.run(shortRow),
                () -> model.run(shortRow, RunOptions.DEFAULT.with(identity)));
        List<Intervention> ablation =
                List.of(new Intervention.AblateZero(Site.of("blocks.*.attn.hook_z").heads(List.of(0))));
        compare("a head of every layer ablated, 15 tokens", () -> model.run(shortRow),
                () -> model.run(shortRow, RunOptions.DEFAULT.with(ablation)));
        RunOptions last = RunOptions.DEFAULT.at(-1);
        compare("every pattern kept, %d tokens".formatted(length), () -> model.run(longRow, last),
                () -> model.run(longRow, last.keep("blocks.*.attn.hook_pattern")));
        compare("every residual stream kept, %d tokens".formatted(length), () -> model.run(longRow, last),
                () -> model.run(longRow, last.keep("blocks.*.hook_resid_post")));
    }

    /** Measures both alternately, so that a slow period of the machine affects both. */
    private void compare(String what, Runnable baseline, Runnable measured) {
        baseline.run();
        measured.run();
        List<Double> a = new ArrayList<>(), b = new ArrayList<>();
        long end = System.nanoTime() + 3_000_000_000L;
        while (a.size() < 5 || System.nanoTime() < end && a.size() < 100) {
            a.add(seconds(baseline));
            b.add(seconds(measured));
        }
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) ratios.add(b.get(i) / a.get(i));
        double ratio = middle(ratios);
        row(what, middle(b), "", () -> "%.3f times the run without".formatted(ratio));
    }

    // ---- arithmetic of a run

    /** Counts floating-point operations: two per multiply-add; attention counts only the causal half. */
    private double flops(int length, int logits) {
        Parameters parameters = new Parameters(c);
        double perToken = 0;
        for (Parameter p : parameters.all()) {
            boolean table = p.name().equals(parameters.get(ParameterSpec.EMBEDDING).name())
                    || p.name().equals(parameters.unembedding().name());
            if (p.rows() > 1 && !table) perToken += 2.0 * p.rows() * p.columns();
        }
        double unembedding = 2.0 * c.dVocab() * c.dModel() * logits;
        double attention = 4.0 * c.nLayers() * c.nHeads() * c.dHead() * length * (length + 1) / 2;
        return perToken * length + unembedding + attention;
    }

    /** Counts the weights read per token: all of them, the embedding only if it is also the unembedding. */
    private long bytesPerToken() {
        Parameters parameters = new Parameters(c);
        return parameters.all().stream()
                .filter(p -> c.tied() || !p.name().equals(parameters.get(ParameterSpec.EMBEDDING).name()))
                .mapToLong(p -> model.weights().get(p.name()).data().byteSize()).sum();
    }

    private Tokens random(int batch, int length) {
        SplittableRandom random = new SplittableRandom(1);
        int[] ids = new int[batch * length];
        for (int i = 0; i < ids.length; i++) ids[i] = random.nextInt(3, c.dVocab());
        return new Tokens(ids, new int[batch]);
    }

    // ---- clocks and print

    private static double best(Runnable work, double atLeast) {
        work.run();
        List<Double> times = new ArrayList<>();
        double total = 0;
        while (times.size() < 5 || total < atLeast && times.size() < 2000) {
            times.add(seconds(work));
            total += times.getLast();
        }
        return times.stream().min(Double::compare).orElseThrow();
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static double middle(List<Double> times) {
        List<Double> sorted = times.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private void row(String what, double seconds, String rate, Supplier<String> share) {
        rows.add(new Row(what, seconds, rate, share));
        progress.accept(what);
        yardsticks();
    }

    private void line(String format, Object... values) { out.accept(String.format(Locale.ROOT, format, values)); }
}
