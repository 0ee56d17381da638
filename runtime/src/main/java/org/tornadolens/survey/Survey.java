package org.tornadolens.survey;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Hook;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dataset.Invalid;
import org.tornadolens.dataset.Rows;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * One pass of a model over a dataset with several collectors. {@link #measure} computes a unit of rows by itself, and
 * {@link #run} all of them in order; padding never counts.
 *
 * <p>A result has the same bytes whatever the number of threads, and wherever it was interrupted. It has the same bytes
 * whatever the size of a batch as far as the model computes a row alike in batches of other sizes, which a backend
 * whose kernels depend on the number of rows does not: then the last digits differ.
 */
public final class Survey {

    private static final long SAVE_NANOS = 20_000_000_000L;   // between two savings, so that they cost little

    private final Model model;
    private final Dataset data;
    private final Map<String, Collector> collectors;
    private final Settings settings;
    private final SurveyProgram program;
    private final Runner runner;
    private final List<Part> parts = new ArrayList<>();

    /**
     * How a survey runs.
     *
     * @param batch  most rows of a batch; absent: as many as make 2,048 tokens
     * @param at     the positions that are read of sites that name none; absent: all
     * @param memory most bytes of a run; absent: a quarter of the free memory
     * @param saved  where the survey leaves what it has found from time to time, and goes on from
     */
    public record Settings(OptionalInt batch, Optional<List<Integer>> at, OptionalLong memory, Optional<Saved> saved,
            Listener listener) {
        public static final Settings DEFAULT = new Settings(OptionalInt.empty(), Optional.empty(),
                OptionalLong.empty(), Optional.empty(), (_, _, _) -> {});

        public Settings batch(int rows) { return new Settings(OptionalInt.of(rows), at, memory, saved, listener); }

        public Settings saved(Saved file) { return new Settings(batch, at, memory, Optional.of(file), listener); }

        public Settings listener(Listener other) { return new Settings(batch, at, memory, saved, other); }
    }

    /** Is told how far a survey is, between batches; an exception that it throws stops the survey. */
    @FunctionalInterface public interface Listener {
        /** @param share of the files that has been read, from 0 to 1; 0 where it is not known */
        void at(long rows, long tokens, double share);
    }

    /** One value that a collector reads; a metric and the loss have no columns. */
    private record Part(String collector, Collector what, Optional<Columns> columns, Optional<Value> value) {}

    // ---- results

    /** A column by name: a head, and a neuron, coordinate or direction. */
    public record Column(String hook, int layer, Optional<Integer> head, Optional<Integer> number, boolean direction) {}

    /**
     * A place where a column is large.
     *
     * @param position    from the row's first token
     * @param tokens      the tokens around it
     * @param activations the column's values at these tokens
     * @param peak        the index of the place among them
     */
    public record Example(float value, long row, int position, int[] tokens, float[] activations, int peak) {}

    /** Counts of numbers in bins of equal width, from {@code from} on, and of those below and above all bins. */
    public record Histogram(double from, double width, long[] counts, long below, long above) {}

    /** Where the values of a row are: {@code tokens} from {@code first} on in a file. */
    public record Stored(long row, String place, String hook, String file, int first, int tokens) {}

    /**
     * What a survey has found.
     *
     * @param invalid what could not be used of the dataset
     * @param leftOut rows with a value that is NaN or infinite
     */
    public record Result(Map<String, Found> found, long rows, long tokens, long documents, long empty, Invalid invalid,
            List<String> leftOut) {}

    private Survey(Model model, Dataset data, Map<String, Collector> collectors, Settings settings) {
        this.model = model;
        this.data = data;
        this.collectors = new LinkedHashMap<>(collectors);
        this.settings = settings;
        List<Site> sites = new ArrayList<>();
        List<Metric> metrics = new ArrayList<>();
        boolean loss = false;
        for (Collector one : collectors.values()) {
            switch (one) {
                case Collector.OfValues values -> sites.addAll(values.sites());
                case Collector.OfRows(Metric metric) -> metrics.add(metric);
                case Collector.Loss _ -> loss = true;
            }
        }
        this.program = SurveyProgram.of(model, sites, metrics, loss);
        long free = model.backend().freeMemory();
        this.runner = new Runner(program, settings.batch(), settings.memory().orElse(free / 4));
        int metric = 0;
        for (Map.Entry<String, Collector> entry : this.collectors.entrySet()) {
            switch (entry.getValue()) {
                case Collector.OfValues values -> addParts(entry.getKey(), values);
                case Collector.OfRows one -> parts.add(new Part(entry.getKey(), one, Optional.empty(),
                        Optional.of(program.metrics().get(metric++))));
                case Collector.Loss one -> parts.add(new Part(entry.getKey(), one, Optional.empty(), program.loss()));
            }
        }
        requireMemory();
    }

    private void addParts(String name, Collector.OfValues values) {
        for (Site site : values.sites()) {
            if (site.part().rows().isPresent())
                throw new UsageException("a survey reads every row of a dataset: leave .rows(…) out of " + site);
            for (Hook hook : model.hookNames().hooks(site.value())) {
                Value value = program.value(hook);
                parts.add(new Part(name, values, Optional.of(new Columns(model, site, hook, values.reading(), value,
                        program.held(hook), settings.at())), Optional.of(value)));
            }
        }
    }

    /**
     * @param collectors by name; at least one
     * @throws UsageException  if a collector names what the model does not have
     * @throws MemoryException if what is collected does not fit into memory
     */
    public static Survey of(Model model, Dataset data, Map<String, Collector> collectors, Settings settings) {
        if (collectors.isEmpty()) throw new UsageException("a survey collects at least one thing");
        return new Survey(model, data, collectors, settings);
    }

    // ---- memory

    /** Returns the bytes that all collectors take: what was found so far, and what is being found in a unit. */
    public long collectedBytes() {
        long bytes = 0;
        for (Part part : parts) {
            long width = part.columns().map(Columns::width).orElse(1);
            int length = length();
            bytes += switch (part.what()) {
                case Collector.Mean mean -> MeanSums.bytes(width, mean.byPosition() ? length : 1);
                case Collector.Covariance _ -> CovarianceSums.bytes(width);
                case Collector.Histogram h -> HistogramCounts.bytes(h.each() ? width : 1, h.bins());
                case Collector.Quantiles q -> Sketch.BYTES * (q.each() ? width : 1);
                case Collector.Top top -> TopRows.bytes(width, top.k(), top.context());
                case Collector.Frequency _ -> Long.BYTES * width;
                case Collector.Store _ -> Float.BYTES * width * unitTokens();
                case Collector.Loss _ -> MeanSums.bytes(2, length);
                case Collector.OfRows _ -> Double.BYTES * (long) Unit.ROWS;
            };
        }
        return 2 * bytes;
    }

    private void requireMemory() {
        long needed = collectedBytes(), most = Runtime.getRuntime().maxMemory() * 3 / 4;
        if (needed > most)
            throw new MemoryException("what this survey collects", needed, most,
                    "name fewer heads, neurons or layers, or collect less of each");
    }

    private int length() { return data.options().length().orElse(model.configuration().nCtx()); }

    /** Returns the tokens of a unit: fewer where their values are stored, which are in memory until it ends. */
    private int unitTokens() {
        long width = 0;
        for (Part part : parts)
            if (part.what() instanceof Collector.Store) width += part.columns().orElseThrow().width();
        return width == 0 ? Unit.TOKENS : (int) Math.clamp((1L << 26) / width, 256, Unit.TOKENS);
    }

    // ---- units

    /** Returns an empty partial result. */
    public Partial empty() {
        return new Partial(parts.stream().map(Survey::fresh).toList());
    }

    private static Collected fresh(Part part) {
        int width = part.columns().map(Columns::width).orElse(1);
        return switch (part.what()) {
            case Collector.Mean mean -> new MeanSums(width, mean.byPosition());
            case Collector.Covariance _ -> new CovarianceSums(width);
            case Collector.Histogram h -> new HistogramCounts(width, h.bins(), h.range(), h.each());
            case Collector.Quantiles q -> new QuantileSketches(width, q.each());
            case Collector.Top top -> new TopRows(width, top.k(), top.context(), top.largest());
            case Collector.Frequency f -> new FrequencyCounts(width, f.above());
            case Collector.Store s -> new StoreShards(part.columns().orElseThrow(), s.folder());
            case Collector.Loss _ -> new LossSums();
            case Collector.OfRows(Metric metric) -> new RowNumbers(metric);
        };
    }

    /** Returns the units of the dataset, as they are read. The rows are to be closed by the caller. */
    public Optional<Unit> next(long index, Rows rows) {
        return Unit.next(index, rows, unitTokens());
    }

    /** Runs the rows of a unit; the result depends on them alone. */
    public Partial measure(Unit unit) {
        return measure(unit, _ -> {});
    }

    private Partial measure(Unit unit, Consumer<Batch> done) {
        Partial found = empty();
        for (Batch batch : runner.batches(unit.byLength())) {
            collect(batch, runner.run(batch), found);
            done.accept(batch);
        }
        found.collected().forEach(one -> one.finish(unit));
        found.counted(unit);
        return found;
    }

    private void collect(Batch batch, Map<Value, Tensor> kept, Partial found) {
        runner.check(batch, kept, (row, what) -> {
            batch.leaveOut(row);
            found.leftOut(batch.row(row).place() + ": " + what);
        });
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            Tensor values = kept.get(part.value().orElseThrow());
            found.collected().get(i).add(part.columns().map(columns -> columns.block(batch, values))
                    .orElseGet(() -> numbers(part, batch, values)));
        }
    }

    /** Returns the loss of every token that has a next one, or one number for every row, as a block. */
    private static Block numbers(Part part, Batch batch, Tensor values) {
        boolean loss = part.what() instanceof Collector.Loss;
        int[][] positions = new int[batch.rows()][];
        for (int row = 0; row < positions.length; row++)
            positions[row] = !loss || !batch.counts(row) ? new int[0]
                    : IntStream.range(batch.padding(row), batch.length() - 1).toArray();
        return new Block(batch, values.data(), loss ? batch.length() : 1, 1, 1, null, positions);
    }

    // ---- all units

    /** Reads the whole dataset and returns what was found. */
    public Result run() {
        Partial all = empty();
        settings.saved().ifPresent(saved -> saved.read(all));
        try (Rows rows = data.rows(model)) {
            long skipped = rows.skip(all.rows()), bytes = data.bytes(), last = System.nanoTime();
            if (skipped < all.rows())
                throw new UsageException("cannot resume: the dataset has only " + skipped + " rows now");
            if (model.backend() instanceof PlanningBackend planning) return planned(planning, rows);
            for (Optional<Unit> unit; (unit = next(all.units(), rows)).isPresent();) {
                all.merge(measured(unit.get(), all, rows, bytes));
                if (settings.saved().isPresent() && System.nanoTime() - last > SAVE_NANOS) {
                    settings.saved().get().write(all);
                    last = System.nanoTime();
                }
            }
            settings.saved().ifPresent(saved -> saved.write(all));
            return result(all, rows);
        }
    }

    private Partial measured(Unit unit, Partial all, Rows rows, long bytes) {
        long[] done = {all.rows(), all.tokens()};
        try {
            return measure(unit, batch -> {
                done[0] += batch.rows();
                for (int row = 0; row < batch.rows(); row++) done[1] += batch.row(row).ids().length;
                settings.listener().at(done[0], done[1], share(done[0], rows, bytes));
            });
        } catch (CancellationException e) {
            if (all.units() > 0) settings.saved().ifPresent(saved -> saved.write(all));
            throw e;
        }
    }

    /** Returns about what share of the rows has been done, by the limit or by what has been read; 0 if not known. */
    private double share(long done, Rows rows, long bytes) {
        double read = bytes == 0 ? (double) done / Math.max(done, data.known()) : (double) rows.bytes() / bytes;
        return data.options().limit().isEmpty() ? read
                : Math.max(read, (double) done / data.options().limit().getAsLong());
    }

    private Result result(Partial all, Rows rows) {
        if (all.rows() == 0)
            throw new UsageException("the dataset has no rows" + (rows.invalid().count() == 0 ? ""
                    : "; " + rows.invalid().text()));
        Map<String, Found> found = new LinkedHashMap<>();
        collectors.keySet().forEach(name -> {
            List<Found.Piece> pieces = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++)
                if (parts.get(i).collector().equals(name))
                    pieces.add(new Found.Piece(parts.get(i).columns(), all.collected().get(i)));
            found.put(name, new Found(collectors.get(name), pieces));
        });
        return new Result(found, all.rows(), all.tokens(), rows.documents(), rows.empty(), rows.invalid(),
                all.notFinite());
    }

    /** Plans the first unit, and says that there are more like it, as many as the size of the files lets expect. */
    private Result planned(PlanningBackend planning, Rows rows) {
        Partial all = empty();
        Optional<Unit> first = next(0, rows);
        if (first.isPresent()) {
            all.merge(measure(first.get()));
            long read = rows.bytes(), bytes = data.bytes();
            double more = Math.max(0, (read > 0 ? (double) bytes / read : (double) data.known() / all.rows()) - 1);
            if (data.options().limit().isPresent())
                more = Math.min(more, (double) data.options().limit().getAsLong() / all.rows() - 1);
            int batches = runner.batches(first.get().byLength()).size();
            planning.again((int) Math.min(1_000_000, Math.round(more * batches)));
        }
        return result(all, rows);
    }
}
