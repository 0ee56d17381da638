package org.tornadolens.dsl.cli;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Interrupts;

/**
 * What the launcher runs once to make the start-up cache (see {@code train} in {@code lens}): a script and a session,
 * so that Java learns which classes their starts need. How code was compiled is not in the cache: Java 25 notes that
 * only where no incubating module is loaded, and the kernels are written with one.
 */
public final class StartTraining {

    private static final String SESSION = """
            const run = model.run("Once upon a time", { cache: heads().pattern })
            run.logits
            model.next("Once upon a time")
            [1, 2].map(x => x + 1)
            model.config?
            """;

    private StartTraining() {}

    /** @param arguments the script */
    public static void main(String[] arguments) {
        execute("", "run", arguments[0], "--device", "cpu");
        execute(SESSION, "repl", "--device", "cpu");
    }

    private static void execute(String input, String... arguments) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Terminal terminal = new Terminal(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), nowhere,
                System.err, Map.of(), new Interrupts(), false, false);
        Exit exit = Main.execute(arguments, terminal);
        if (exit != Exit.DONE) throw new IllegalStateException("lens " + String.join(" ", arguments) + ": " + exit);
    }
}
