package org.tornadolens.dsl.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.bench.Bench;
import org.tornadolens.bench.OperationBench;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.bench.SurveyBench;
import org.tornadolens.bench.SweepBench;
import org.tornadolens.bench.TrainBench;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.DType;

/** Measures the speed of a model, as shares of the peak of the machine. */
final class BenchCommand implements Command {

    private static final Map<String, Configuration> SHAPES =
            Map.of("110M", RandomModel.shape110M(), "7B", RandomModel.shape7B());
    private static final String SHAPE = "--shape";

    /** The measurements, by their names on the command line. */
    private static final String RUNS = "runs", OPERATIONS = "operations", SWEEPS = "sweeps", SURVEYS = "surveys";

    /** The measurement of training, on shapes of small models. */
    private static final String TRAINING = "train";

    private static final String ONLY = "--only";

    @Override public Syntax syntax() {
        return Choices.model(new Syntax("lens bench",
                "Measures matrix products, prefill, decoding and the cost of hooks, as shares of this machine's "
                        + "arithmetic peak and read bandwidth, which are measured in the same run; or every operation "
                        + "of a device against that of the CPU backend; or sweeps and patching against a loop of whole "
                        + "runs; or surveys against bare runs; or training steps. Prints a Markdown table. "
                        + "Other work on the machine disturbs it."))
                .optional("WHAT", "runs (the default), operations, sweeps, surveys, or train (small models of its own)")
                .option(SHAPE, "NAME",
                        "a shape with random weights instead of a model: 110M (the default without --model) or 7B "
                                + "(Llama-2-7B)")
                .option(ONLY, "WORDS",
                        "only operations whose names contain one of these words, separated by commas")
                .example("lens bench")
                .example("lens bench operations --device tornado")
                .example("lens bench operations --device tornado --only product,softmax")
                .example("lens bench sweeps")
                .example("lens bench surveys")
                .example("lens bench train")
                .example("lens bench --dtype q8_0")
                .example("lens bench --model ~/models/llama-2-7b");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        Settings settings = Choices.settings(arguments, terminal);
        String what = arguments.operand().orElse("runs");
        List<String> known = List.of(RUNS, OPERATIONS, SWEEPS, SURVEYS, TRAINING);
        if (!known.contains(what)) throw new UsageException(Nearest.message("measurement", what, known));
        if (!what.equals(OPERATIONS) && arguments.value(ONLY).isPresent())
            throw new UsageException(ONLY + " chooses among operations: lens bench operations " + ONLY + " "
                    + arguments.value(ONLY).get());
        if (what.equals(TRAINING)) return train(arguments, terminal);
        boolean opened = arguments.value("--model").isPresent();
        if (opened && arguments.value(SHAPE).isPresent())
            throw new UsageException("bench measures one model: give --model or --shape, not both");
        Model model = opened ? Models.open(settings) : random(arguments.value(SHAPE).orElse("110M"), settings);
        Consumer<String> progress =
                now -> { if (terminal.interactiveError()) terminal.err().println("measured: " + now); },
                out = terminal.out()::println;
        switch (what) {
            case OPERATIONS -> OperationBench.run(model, chosen(arguments), progress, out);
            case SURVEYS -> SurveyBench.run(model, progress, out);
            case SWEEPS -> SweepBench.run(model, progress, out);
            default -> Bench.run(model, progress, out);
        }
        return Exit.DONE;
    }

    /** Selects operations; all of them without words. */
    private static Predicate<String> chosen(Arguments arguments) {
        List<String> words = List.of(arguments.value(ONLY).orElse("").split(","));
        return name -> words.stream().anyMatch(name::contains);
    }

    private static Exit train(Arguments arguments, Terminal terminal) {
        for (String option : List.of("--model", SHAPE)) {
            if (arguments.value(option).isPresent())
                throw new UsageException("bench train measures small models of its own; leave out " + option);
        }
        TrainBench.run(now -> { if (terminal.interactiveError()) terminal.err().println("measured: " + now); },
                terminal.out()::println);
        return Exit.DONE;
    }

    private static Model random(String shape, Settings settings) {
        Configuration configuration = SHAPES.get(shape);
        if (configuration == null)
            throw new UsageException(Nearest.message("shape", shape, List.copyOf(SHAPES.keySet())));
        DType type = settings.dtype().map(Models::dtype).orElse(DType.F32);
        Backend backend = Models.backend(settings.device().orElse("auto"));
        return Model.of(RandomModel.of(configuration, type, settings.seed()), backend);
    }
}
