package org.tornadolens.dsl.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.memory.OffHeap;

/** The options that several commands share. A flag takes precedence over its environment variable. */
final class Choices {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)\\s*([kmgtKMGT])i?[bB]?");

    private Choices() {}

    /** --model, --device, --dtype and --memory. */
    static Syntax model(Syntax syntax) {
        return syntax
                .option("--model", "PATH",
                        "the checkpoint: a folder, .safetensors, .gguf, .bin or .pth (by default TORNADOLENS_MODEL, "
                                + "then the script's, then the bundled model)")
                .option("--device", "NAME",
                        "auto, cpu, tornado or tornado:N (by default TORNADOLENS_DEVICE, then auto)")
                .option("--dtype", "T",
                        "convert the weights to f32, f16, bf16 or q8_0 in memory (by default TORNADOLENS_DTYPE, then "
                                + "the type in the file)")
                .option("--memory", "SIZE",
                        "the most memory that tensors, converted weights and runs may take off the heap, such as 6g or "
                                + "500m (by default TORNADOLENS_MEMORY, then what the machine has free)");
    }

    static Syntax seed(Syntax syntax) {
        return syntax.option("--seed", "N", "the seed of everything random (by default TORNADOLENS_SEED, then 0)");
    }

    static Settings settings(Arguments arguments, Terminal terminal) {
        Optional<String> device = chosen("--device", "TORNADOLENS_DEVICE", arguments, terminal),
                dtype = chosen("--dtype", "TORNADOLENS_DTYPE", arguments, terminal);
        device.ifPresent(Models::backend);   // a wrong one is refused before the script starts
        dtype.ifPresent(Models::dtype);
        chosen("--memory", "TORNADOLENS_MEMORY", arguments, terminal).map(Choices::bytes).ifPresent(OffHeap::limit);
        return new Settings(chosen("--model", "TORNADOLENS_MODEL", arguments, terminal).map(Path::of), false, device,
                dtype, seed(arguments, terminal), Map.of(), List.of(), List.of(), false, false);
    }

    /** Returns the bytes of a size such as {@code 6g}, {@code 1.5GB}, {@code 500m} or {@code 64k}. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size.strip());
        if (!matcher.matches())
            throw new UsageException("--memory takes a size such as 6g or 500m, not \"" + size + "\"");
        long unit = 1L << 10 * (1 + "kmgt".indexOf(Character.toLowerCase(matcher.group(2).charAt(0))));
        return (long) (Double.parseDouble(matcher.group(1)) * unit);
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
