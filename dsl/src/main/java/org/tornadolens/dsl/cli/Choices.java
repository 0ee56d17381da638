package org.tornadolens.dsl.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;

/** The options that several commands share. A flag takes precedence over its environment variable. */
final class Choices {

    private Choices() {}

    /** --model, --device and --dtype. */
    static Syntax model(Syntax syntax) {
        return syntax
                .option("--model", "PATH",
                        "the checkpoint: a folder, .safetensors, .gguf, .bin or .pth (by default TORNADOLENS_MODEL, "
                                + "then the script's, then the bundled model)")
                .option("--device", "NAME",
                        "auto, cpu, tornado or tornado:N (by default TORNADOLENS_DEVICE, then auto)")
                .option("--dtype", "T",
                        "convert the weights to f32, f16, bf16 or q8_0 in memory (by default TORNADOLENS_DTYPE, then "
                                + "the type in the file)");
    }

    static Syntax seed(Syntax syntax) {
        return syntax.option("--seed", "N", "the seed of everything random (by default TORNADOLENS_SEED, then 0)");
    }

    static Settings settings(Arguments arguments, Terminal terminal) {
        Optional<String> device = chosen("--device", "TORNADOLENS_DEVICE", arguments, terminal),
                dtype = chosen("--dtype", "TORNADOLENS_DTYPE", arguments, terminal);
        device.ifPresent(Models::backend);   // a wrong one is refused before the script starts
        dtype.ifPresent(Models::dtype);
        return new Settings(chosen("--model", "TORNADOLENS_MODEL", arguments, terminal).map(Path::of), false, device,
                dtype, seed(arguments, terminal), Map.of(), List.of(), List.of(), false, false);
    }

    private static Optional<String> chosen(String option, String variable, Arguments arguments, Terminal terminal) {
        return arguments.value(option).or(() -> variable(terminal, variable));
    }

    private static long seed(Arguments arguments, Terminal terminal) {
        long environment = variable(terminal, "TORNADOLENS_SEED")
                .map(value -> arguments.whole("TORNADOLENS_SEED", value)).orElse(0L);
        return arguments.whole("--seed", environment);
    }

    /** Returns an environment variable, unless it is empty. */
    private static Optional<String> variable(Terminal terminal, String name) {
        return Optional.ofNullable(terminal.environment().get(name)).filter(value -> !value.isEmpty());
    }
}
