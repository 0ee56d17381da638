package org.tornadolens.dsl.script;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.output.RunFolder;

/** The surroundings of a script that a test runs. */
final class Hosts {

    private Hosts() {}

    /** Models that tests open. */
    private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");

    /** Returns surroundings that print everything to {@code stream}, with default settings. */
    static Host of(PrintStream stream, Path scriptFolder, RunFolder files) {
        Console console = new Console(stream, stream, false, new Interrupts());
        return new Host(Settings.DEFAULT.with(Map.of(), List.of(GOLDEN), List.of()), console, scriptFolder, files,
                Optional.empty(), Optional.empty());
    }
}
