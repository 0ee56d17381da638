package org.tornadolens.dsl.cli;

import java.nio.file.Path;
import java.util.Optional;

/** The options that several commands share. A flag wins over its environment variable. */
final class Choices {

    private Choices() {}

    static Syntax model(Syntax syntax) {
        return syntax.option("--model", "PATH", "the checkpoint: a folder, .safetensors, .gguf or .bin (else TORNADOLENS_MODEL, else the script's, else the bundled model)");
    }

    static Syntax device(Syntax syntax) {
        return syntax.option("--device", "NAME", "auto, cpu, tornado or tornado:N (else TORNADOLENS_DEVICE, else auto)");
    }

    static Syntax seed(Syntax syntax) { return syntax.option("--seed", "N", "the seed of everything random (else TORNADOLENS_SEED, else 0)"); }

    static Optional<Path> model(Arguments arguments, Terminal terminal) {
        return arguments.value("--model").or(() -> variable(terminal, "TORNADOLENS_MODEL")).map(Path::of);
    }

    static Optional<String> device(Arguments arguments, Terminal terminal) {
        return arguments.value("--device").or(() -> variable(terminal, "TORNADOLENS_DEVICE"));
    }

    static long seed(Arguments arguments, Terminal terminal) {
        long environment = variable(terminal, "TORNADOLENS_SEED").map(value -> arguments.whole("TORNADOLENS_SEED", value)).orElse(0L);
        return arguments.whole("--seed", environment);
    }

    /** An environment variable; an empty one counts as none. */
    private static Optional<String> variable(Terminal terminal, String name) {
        return Optional.ofNullable(terminal.environment().get(name)).filter(value -> !value.isEmpty());
    }
}
