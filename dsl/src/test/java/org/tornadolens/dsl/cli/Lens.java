package org.tornadolens.dsl.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Interrupts;

/** The command line, run in this JVM. */
final class Lens {

    record Result(Exit exit, String out, String err) {}

    private Lens() {}

    static Result run(Object... arguments) { return run(Map.of(), "", arguments); }

    static Result run(Map<String, String> environment, String input, Object... arguments) {
        return run(environment, new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), new Interrupts(),
                arguments);
    }

    static Result run(Map<String, String> environment, InputStream input, Interrupts interrupts, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Result result = run(environment, input, out, interrupts, arguments);
        return new Result(result.exit(), out.toString(StandardCharsets.UTF_8), result.err());
    }

    /** Runs a command that prints to a stream at once; the output of the result is empty. */
    static Result run(Map<String, String> environment, InputStream input, OutputStream out, Interrupts interrupts,
            Object... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) words[i] = arguments[i].toString();
        Exit exit;
        try (PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
                PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            exit = Main.execute(words,
                    new Terminal(input, outStream, errStream, environment, interrupts, false, false));
        }
        return new Result(exit, "", err.toString(StandardCharsets.UTF_8));
    }
}
