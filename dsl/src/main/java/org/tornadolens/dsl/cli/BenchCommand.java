package org.tornadolens.dsl.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Backend;
import org.tornadolens.bench.Bench;
import org.tornadolens.bench.OperationBench;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.bench.SweepBench;
import org.tornadolens.bench.TrainBench;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.DType;

/** Measures how fast this machine runs a model, as shares of what the machine can do. */
final class BenchCommand implements Command {

    private static final Map<String, Configuration> SHAPES = Map.of("110M", RandomModel.shape110M(), "7B", RandomModel.shape7B());
    private static final String SHAPE = "--shape";

    /** What can be measured, by the name that the command line gives it. */
    private static final Map<String, Measurement> MEASUREMENTS = Map.of("runs", Bench::run, "operations", OperationBench::run, "sweeps", SweepBench::run);

    /** Measured on shapes of its own, those of small models. */
    private static final String TRAINING = "train";

    private interface Measurement {
        void run(Model model, Consumer<String> progress, Consumer<String> out);
    }

    @Override public Syntax syntax() {
        return Choices.model(new Syntax("lens bench", "Measures matrix products, prefill, decoding and the cost of hooks, as shares of this machine's arithmetic "
                + "peak and read bandwidth, which are measured in the same run; or every operation of a device against the CPU backend's; or sweeps and patching against the loop of whole runs; or steps of training. Prints a Markdown table. "
                + "Other work on the machine disturbs it."))
                .optional("WHAT", "runs (the default), operations, sweeps, or train (small models of its own)")
                .option(SHAPE, "NAME", "a shape with random weights instead of a model: 110M (the default without --model) or 7B (Llama-2-7B)")
                .example("lens bench")
                .example("lens bench operations --device tornado")
                .example("lens bench sweeps")
                .example("lens bench train")
                .example("lens bench --dtype q8_0")
                .example("lens bench --model ~/models/llama-2-7b");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        Settings settings = Choices.settings(arguments, terminal);
        String what = arguments.operand().orElse("runs");
        if (what.equals(TRAINING)) return train(arguments, terminal);
        Measurement measurement = MEASUREMENTS.get(what);
        if (measurement == null) throw new UsageException(Nearest.message("measurement", what, Stream.concat(MEASUREMENTS.keySet().stream(), Stream.of(TRAINING)).toList()));
        boolean opened = arguments.value("--model").isPresent();
        if (opened && arguments.value(SHAPE).isPresent()) throw new UsageException("bench measures one model: give --model or --shape, not both");
        Model model = opened ? Models.open(settings) : random(arguments.value(SHAPE).orElse("110M"), settings);
        measurement.run(model, now -> { if (terminal.interactiveError()) terminal.err().println("measured: " + now); }, terminal.out()::println);
        return Exit.DONE;
    }

    private static Exit train(Arguments arguments, Terminal terminal) {
        for (String option : List.of("--model", SHAPE)) {
            if (arguments.value(option).isPresent()) throw new UsageException("bench train measures small models of its own; leave out " + option);
        }
        TrainBench.run(now -> { if (terminal.interactiveError()) terminal.err().println("measured: " + now); }, terminal.out()::println);
        return Exit.DONE;
    }

    private static Model random(String shape, Settings settings) {
        Configuration configuration = SHAPES.get(shape);
        if (configuration == null) throw new UsageException(Nearest.message("shape", shape, List.copyOf(SHAPES.keySet())));
        DType type = settings.dtype().map(Models::dtype).orElse(DType.F32);
        Backend backend = Models.backend(settings.device().orElse("auto"));
        return Model.of(RandomModel.of(configuration, type, settings.seed()), backend);
    }
}
