package org.tornadolens.patching;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.ToDoubleFunction;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;

/** The measure of a sweep: a declared metric or a function of the host. */
public sealed interface Measure {

    /** A declared metric: its mean over the prompts. */
    record Declared(Metric metric) implements Measure {
        @Override public double of(Model model, Tokens prompts) {
            return Arrays.stream(metric.of(model.run(prompts, Sweep.read(metric)))).average().orElseThrow();
        }
    }

    /**
     * A function of the host, which receives the whole run of each cell: the slow path.
     *
     * @param read names of the values that the function has read from a run's cache, which later runs keep; a value
     *             that a run did not keep is computed by repeating the run
     */
    record Host(ToDoubleFunction<Run> metric, Set<String> read) implements Measure {

        public Host(ToDoubleFunction<Run> metric) { this(metric, new ConcurrentSkipListSet<>()); }

        @Override public double of(Model model, Tokens prompts) { return of(model, prompts, List.of()); }

        /** Returns the measure of one run with these interventions. */
        double of(Model model, Tokens prompts, List<Intervention> interventions) {
            RunOptions options = RunOptions.DEFAULT.with(interventions);
            return metric.applyAsDouble(model.run(prompts, options.keep(read.toArray(String[]::new))).reading(name -> {
                read.add(name);
                return model.run(prompts, options.withoutLogits().keep(name)).cache();
            }));
        }
    }

    /** Returns the measure of one whole run. */
    double of(Model model, Tokens prompts);

    /** The measure of each cell, and that of the model without any. */
    record Numbers(double[] cells, double baseline) {}

    default Numbers sweep(Model model, Tokens prompts, List<List<Intervention>> cells, Sweep.Settings settings) {
        return switch (this) {
            case Declared(Metric metric) -> {
                Sweep.Result result = Sweep.of(model, prompts, cells, metric, settings).run();
                yield new Numbers(result.means(), result.baselineMean());
            }
            case Host host -> new Numbers(
                    Sweep.run(cells, cell -> host.of(model, prompts, cell), settings), of(model, prompts));
        };
    }
}
