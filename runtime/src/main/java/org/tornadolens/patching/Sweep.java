package org.tornadolens.patching;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * One number for each of many ways to change a model. A cell is a list of interventions; its number is the metric's mean
 * over the prompts, the same as of a run of that cell alone. Cells run as rows of batches that compute only what the cell
 * changes ({@link Cells}). A cell or a model with a hook of the host, and a metric that is code of the host, run cell by
 * cell.
 */
public final class Sweep {

    /** Tokens of prompts that run together at most, whatever the cells. */
    static final int TOKENS = 4096;

    private final Model model;
    private final Tokens prompts;
    private final List<List<Intervention>> cells;
    private final Metric metric;
    private final Settings settings;

    /**
     * @param memory  bytes that a batch may take; absent: a quarter of what is free
     * @param journal keeps finished batches
     */
    public record Settings(OptionalLong memory, Journal journal, Progress progress) {
        public static final Settings DEFAULT = new Settings(OptionalLong.empty(), Journal.NONE, Progress.NONE);

        public Settings with(Progress other) { return new Settings(memory, journal, other); }

        /** For one of several pieces of work that are one to the user: without progress, its numbers under a name of its own. */
        Settings part(String name) {
            return new Settings(memory, journal.part(name), Progress.NONE);
        }

        long budget(Model model) {
            return journal.settled("memory", memory.orElseGet(() -> model.backend().freeMemory() / 4));
        }
    }

    private Sweep(Model model, Tokens prompts, List<List<Intervention>> cells, Metric metric, Settings settings) {
        this.model = model;
        this.prompts = prompts;
        this.cells = cells.stream().map(List::copyOf).toList();
        this.metric = metric;
        this.settings = settings;
        cells.forEach(model::with);   // refuses heads that the model does not have
    }

    /** @param cells the interventions of each cell, applied after the model's own */
    public static Sweep of(Model model, Tokens prompts, List<List<Intervention>> cells, Metric metric,
            Settings settings) {
        return new Sweep(model, prompts, cells, metric, settings);
    }

    /**
     * What a sweep found.
     *
     * @param cells    the metric of each cell, by prompt: [cell][prompt]
     * @param baseline the metric without any cell, by prompt
     */
    public record Result(double[][] cells, double[] baseline) {

        /** The metric's mean over prompts, of each cell. */
        public double[] means() {
            return Arrays.stream(cells).mapToDouble(Result::mean).toArray();
        }

        public double baselineMean() { return mean(baseline); }

        private static double mean(double[] numbers) { return Arrays.stream(numbers).sum() / numbers.length; }
    }

    /**
     * How a sweep is going to run.
     *
     * @param bytes at most, beside the weights and what cells bring: one batch, and what the run without cells leaves for it
     */
    public record Plan(int cells, int batches, long bytes) {}

    public Plan plan() {
        int batches = 0;
        long bytes = 0;
        for (Prompts part : parts()) {
            Cells some = cells(part, batched());
            batches += some.batches().size();
            bytes = Math.max(bytes, some.bytes());
        }
        return new Plan(cells.size(), batches + alone().size(), bytes);
    }

    public Result run() {
        double[][] numbers = new double[cells.size()][prompts.batch()];
        double[] baseline = new double[prompts.batch()];
        Count count = new Count(settings.progress(),
                (long) batched().size() * prompts.batch() + (long) alone().size() * prompts.batch());
        List<Prompts> parts = parts();
        if (parts.isEmpty()) baseline = alone(List.of());
        for (int part = 0; part < parts.size(); part++) run(parts.get(part), "part " + part, numbers, baseline, count);
        for (int cell : alone()) {
            numbers[cell] = settings.journal().recall("cell " + cell).orElseGet(() -> alone(cells.get(cell)));
            settings.journal().remember("cell " + cell, numbers[cell]);
            count.done(prompts.batch());
        }
        return new Result(numbers, baseline);
    }

    /** Progress in cells, whatever the number of prompts. */
    private final class Count {
        private final Progress progress;
        private final long all;
        private long done;

        Count(Progress progress, long all) {
            this.progress = progress;
            this.all = all;
        }

        void done(long rows) {
            done += rows;
            progress.done(done / prompts.batch(), all / prompts.batch());
        }
    }

    // ---- batches

    private boolean hooked(List<Intervention> interventions) {
        return interventions.stream().anyMatch(Intervention.Hook.class::isInstance);
    }

    /** Cells that must run by themselves. */
    private List<Integer> alone() {
        boolean all = hooked(model.interventions());
        return IntStream.range(0, cells.size()).filter(cell -> all || hooked(cells.get(cell))).boxed().toList();
    }

    private List<Integer> batched() {
        Set<Integer> alone = Set.copyOf(alone());
        return IntStream.range(0, cells.size()).filter(cell -> !alone.contains(cell)).boxed().toList();
    }

    private List<Prompts> parts() {
        return hooked(model.interventions()) ? List.of() : Prompts.of(prompts, metric.at(), TOKENS);
    }

    private Cells cells(Prompts part, List<Integer> some) {
        return new Cells(model, part, some.stream().map(cells::get).toList(), Set.of(), Tail.of(metric, part, model),
                settings.budget(model));
    }

    private void run(Prompts part, String name, double[][] numbers, double[] baseline, Count count) {
        List<Integer> batched = batched();
        try (Cells some = cells(part, batched)) {
            run(some, part, name, batched, numbers, baseline, count);
        }
    }

    private void run(Cells some, Prompts part, String name, List<Integer> batched, double[][] numbers,
            double[] baseline, Count count) {
        Cells.Base base = some.base();
        double[] own = numbers(base.tail());
        for (int i = 0; i < own.length; i++) baseline[part.rows().get(i)] = own[i];
        for (int idle : some.idle()) place(part, List.of(batched.get(idle)), own, numbers);
        count.done((long) some.idle().size() * part.rows().size());
        for (Cells.Batch batch : some.representatives()) {
            List<Integer> places = batch.cells().stream().map(batched::get).toList();
            String unit = name + " cells " + places;
            double[] measured = settings.journal().recall(unit).orElse(null);
            if (measured == null) {
                measured = numbers(some.run(batch, base));
                settings.journal().remember(unit, measured);
            }
            place(part, places, measured, numbers);
            int rows = part.rows().size();
            for (int i = 0; i < batch.alike().size(); i++) {
                int cell = i % places.size();
                place(part, List.of(batched.get(batch.alike().get(i))),
                        Arrays.copyOfRange(measured, cell * rows, (cell + 1) * rows), numbers);
            }
            count.done((long) (places.size() + batch.alike().size()) * rows);
        }
    }

    /** Puts numbers, cell by cell and prompt by prompt, where they belong. */
    private static void place(Prompts part, List<Integer> cells, double[] measured, double[][] numbers) {
        int rows = part.rows().size();
        for (int i = 0; i < cells.size(); i++) {
            for (int row = 0; row < rows; row++) numbers[cells.get(i)][part.rows().get(row)] = measured[i * rows + row];
        }
    }

    private double[] numbers(Map<Value, Tensor> tail) {
        Tensor measured = tail.values().iterator().next();
        return IntStream.range(0, measured.shape().size(0)).mapToDouble(row -> metric.read(measured.get(row)))
                .toArray();
    }

    private double[] alone(List<Intervention> cell) { return metric.of(model.run(prompts, read(metric).with(cell))); }

    /** A run with the logits that a metric reads. */
    static RunOptions read(Metric metric) {
        return metric.at().map(some -> RunOptions.DEFAULT.at(some.toArray(Integer[]::new))).orElse(RunOptions.DEFAULT);
    }

    // ---- a metric of the host

    /** The same with code of the host as the metric: one whole run for each cell, one number for each run. */
    public static double[] run(Model model, Tokens prompts, List<List<Intervention>> cells,
            ToDoubleFunction<Run> metric, Settings settings) {
        double[] numbers = new double[cells.size()];
        for (int cell = 0; cell < cells.size(); cell++) {
            int number = cell;
            numbers[cell] = settings.journal().recall("cell " + cell)
                    .orElseGet(() -> new double[]{
                            metric.applyAsDouble(model.run(prompts, RunOptions.DEFAULT.with(cells.get(number))))})[0];
            settings.journal().remember("cell " + cell, new double[]{numbers[cell]});
            settings.progress().done(cell + 1, cells.size());
        }
        return numbers;
    }
}
