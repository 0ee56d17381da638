package org.tornadolens.dsl.cli;

import java.util.List;
import java.util.Map;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Backend;
import org.tornadolens.bench.Bench;
import org.tornadolens.bench.RandomModel;
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

    @Override public Syntax syntax() {
        return Choices.model(new Syntax("lens bench", "Measures matrix products, prefill, decoding and the cost of hooks, as shares of this machine's arithmetic "
                + "peak and read bandwidth, which are measured in the same run. Prints a Markdown table. Other work on the machine disturbs it."))
                .option(SHAPE, "NAME", "a shape with random weights instead of a model: 110M (the default without --model) or 7B (Llama-2-7B)")
                .example("lens bench")
                .example("lens bench --dtype q8_0")
                .example("lens bench --model ~/models/llama-2-7b");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) {
        Settings settings = Choices.settings(arguments, terminal);
        boolean opened = arguments.value("--model").isPresent();
        if (opened && arguments.value(SHAPE).isPresent()) throw new UsageException("bench measures one model: give --model or --shape, not both");
        Model model = opened ? Models.open(settings) : random(arguments.value(SHAPE).orElse("110M"), settings);
        Bench.run(model, what -> { if (terminal.interactiveError()) terminal.err().println("measured: " + what); }, terminal.out()::println);
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
