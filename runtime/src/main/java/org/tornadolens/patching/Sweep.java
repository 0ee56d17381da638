package org.tornadolens.patching;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * Measures a model under many different changes. A cell is a list of interventions; its number is the mean of the
 * metric over the prompts, the same as in a run of that cell alone. Cells run as rows of batches that compute only what
 * the cells change ({@link Cells}). Cells or models with hooks of the host, and metrics that are functions of the host,
 * run cell by cell.
 */
public final class Sweep {

    /** Most tokens of prompts that run together, for each cell. */
    static final int TOKENS = 4096;

    private final Model model;
    private final Tokens prompts;
    private final List<List<Intervention>> cells;
    private final Metric metric;
    private final Settings settings;

    /**
     * How a sweep runs.
     *
     * @param memory  most bytes of a batch; absent: a quarter of the free memory
     * @param journal keeps the numbers of completed batches
     */
    public record Settings(OptionalLong memory, Journal journal, Progress progress) {
        public static final Settings DEFAULT = new Settings(OptionalLong.empty(), Journal.NONE, Progress.NONE);

        public Settings with(Progress other) { return new Settings(memory, journal, other); }

        /**
         * Returns settings for one of several sweeps of a task: with a separate part of the journal, without progress.
         */
        Settings part(String name) { return new Settings(memory, journal.part(name), Progress.NONE); }

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
        cells.forEach(model::with);   // rejects heads that the model does not have
    }

    /** @param cells the interventions of each cell, applied after those of the model */
    public static Sweep of(Model model, Tokens prompts, List<List<Intervention>> cells, Metric metric,
            Settings settings) {
        return new Sweep(model, prompts, cells, metric, settings);
    }

    /**
     * The results of a sweep.
     *
     * @param cells    the metric by cell and prompt: [cell][prompt]
     * @param baseline the metric of the model without any cell, by prompt
     */
    public record Result(double[][] cells, double[] baseline) {

        /** Returns the mean of the metric over prompts, for each cell. */
        public double[] means() {
            return Arrays.stream(cells).mapToDouble(Result::mean).toArray();
        }

        public double baselineMean() { return mean(baseline); }

        private static double mean(double[] numbers) { return Arrays.stream(numbers).sum() / numbers.length; }
    }

    /**
     * What a sweep will run.
     *
     * @param bytes peak memory without the weights and the data of interventions: one batch, and the values of the base
     *              run that it reads
     */
    public record Plan(int cells, int batches, long bytes) {}

    public Plan plan() {
        int batches = 0;
        long bytes = 0;
        for (Prompts part : parts()) {
            Cells planned = cells(part, batched());
            batches += planned.batches().size();
            bytes = Math.max(bytes, planned.bytes());
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

    /** Converts progress in rows to progress in cells. */
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

    /** Returns the cells that cannot share a batch. */
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

    private Cells cells(Prompts part, List<Integer> batched) {
        return new Cells(model, part, batched.stream().map(cells::get).toList(), Set.of(),
                Tail.of(metric, part, model), settings.budget(model));
    }

    private void run(Prompts part, String name, double[][] numbers, double[] baseline, Count count) {
        List<Integer> batched = batched();
        try (Cells running = cells(part, batched)) {
            run(running, part, name, batched, numbers, baseline, count);
        }
    }

    private void run(Cells running, Prompts part, String name, List<Integer> batched, double[][] numbers,
            double[] baseline, Count count) {
        Cells.Base base = running.base();
        double[] own = numbers(base.tail());
        for (int i = 0; i < own.length; i++) baseline[part.rows().get(i)] = own[i];
        for (int idle : running.idle()) place(part, List.of(batched.get(idle)), own, numbers);
        count.done((long) running.idle().size() * part.rows().size());
        for (Cells.Batch batch : running.representatives()) {
            List<Integer> places = batch.cells().stream().map(batched::get).toList();
            String unit = name + " cells " + places;
            double[] measured = settings.journal().recall(unit).orElse(null);
            if (measured == null) {
                measured = numbers(running.run(batch, base));
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

    /** Copies the numbers of a batch, [cell · prompt], to the numbers of the sweep, [cell][prompt]. */
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

    /** Returns the options of a run with the logits that a metric reads. */
    static RunOptions read(Metric metric) {
        return metric.at().map(at -> RunOptions.DEFAULT.at(at.toArray(Integer[]::new))).orElse(RunOptions.DEFAULT);
    }

    // ---- a metric of the host

    /** Sweeps with a function of a cell's interventions as the metric, which is called for one cell after the other. */
    static double[] run(List<List<Intervention>> cells, ToDoubleFunction<List<Intervention>> metric,
            Settings settings) {
        double[] numbers = new double[cells.size()];
        for (int cell = 0; cell < cells.size(); cell++) {
            Optional<double[]> known = settings.journal().recall("cell " + cell);
            numbers[cell] = known.isPresent() ? known.get()[0]
                    : metric.applyAsDouble(cells.get(cell));
            settings.journal().remember("cell " + cell, new double[]{numbers[cell]});
            settings.progress().done(cell + 1, cells.size());
        }
        return numbers;
    }
}
