package org.tornadolens.dsl.script;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.tornadolens.dsl.output.RunFolder;

/** Runs scripts for tests: what they print, and how they fail. */
final class Scripts {

    private Scripts() {}

    /** Returns what the script prints, without warnings and the last line break. */
    static String printed(String script) {
        return outputOf(script).replaceAll("(?m)^warning: .*\\R", "").strip();
    }

    /** Returns the warnings that the script causes. */
    static List<String> warnings(String script) {
        return outputOf(script).lines().filter(line -> line.startsWith("warning: ")).toList();
    }

    private static String outputOf(String script) {
        try {
            return run(script);
        } catch (ScriptFailure failure) {
            throw new AssertionError(failure.describe(), failure);
        }
    }

    /**
     * Returns what each expression prints, or the error it throws, all in one script.
     *
     * @param imports text at the start of the script
     * @param before  text before each expression
     */
    static List<String> results(String imports, String before, String... expressions) {
        StringBuilder script =
                new StringBuilder("import { print as show } from \"lens\"; ").append(imports).append('\n');
        for (String expression : expressions) {
            script.append("{ ").append(before).append(" try { show(").append(expression)
                    .append("); } catch (e) { show(`${e.name}: ${e.message}`); } show(\"").append(END)
                    .append("\"); }\n");
        }
        return List.of(printed(script.toString()).split("\\n?" + END + "\\n?"));
    }

    /** Asserts what expressions print, or the errors they throw; expressions and results alternate. */
    static void prints(String imports, String before, String... expressionsAndResults) {
        int count = expressionsAndResults.length / 2;
        String[] expressions =
                IntStream.range(0, count).mapToObj(i -> expressionsAndResults[2 * i]).toArray(String[]::new);
        List<String> expected = IntStream.range(0, count).mapToObj(i -> expressionsAndResults[2 * i + 1]).toList();
        Assertions.assertEquals(String.join("\n", expected), String.join("\n", results(imports, before, expressions)));
    }

    private static final String END = "--end of result--";

    /** Returns the message of the error that ends the script. */
    static String error(String script) {
        return Assertions.assertThrows(ScriptFailure.class, () -> run(script)).getMessage();
    }

    private static String run(String script) throws ScriptFailure {
        try {
            Path folder = Files.createTempDirectory("script");
            try {
                return run(folder, script);
            } finally {
                try (Stream<Path> files = Files.walk(folder)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what a script in this folder prints; its files go to the folder's {@code out}. */
    static String run(Path folder, String script) throws IOException, ScriptFailure {
        Path file = Files.writeString(folder.resolve("script.js"), script);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
                RunFolder files = RunFolder.direct(folder.resolve("out"))) {
            Script.run(file, Hosts.of(stream, folder, files));
            files.deliver();
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
