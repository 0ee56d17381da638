package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.checkpoint.Npy;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Scripts that try to get out of what they may reach, or to take more than they may. The first lines of each say what
 * it tries and what is expected: exit codes and a part of the message, further options, and options of Java if it runs
 * in a process of its own. None may show a secret, change anything outside, or leave anything behind.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "links and named pipes") class EscapesTest {

    private static final String SECRET = "the-vault-is-open";
    private static final Path SCRIPTS = Path.of("src/test/resources/escapes");
    private static final Pattern EXPECTED = Pattern.compile("// expect: ([\\d,]+)(?: \\| (.*))?");

    @TempDir Path around;

    static Stream<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.map(file -> file.getFileName().toString().replace(".js", "")).sorted().toList().stream();
        }
    }

    /** Makes a folder for the script, one that is not its own, and links and pipes that lead from one to the other. */
    @BeforeEach void world() throws Exception {
        Path secret = Files.createDirectories(around.resolve("secret")),
                own = Files.createDirectories(around.resolve("scripts"));
        Files.createDirectories(own.resolve("folder"));
        Files.writeString(secret.resolve("secret.js"), "export default '" + SECRET + "';");
        Files.writeString(secret.resolve("secret.json"), "{\"secret\": \"" + SECRET + "\"}");
        Npy.write(secret.resolve("secret.npy"), Tensor.of(Shape.of("pos", 1), new float[]{47}));
        Files.writeString(around.resolve("tokenizer.model"), SECRET);
        copyModel(secret.resolve("model"));
        Files.createSymbolicLink(own.resolve("up"), around);
        for (String[] link : new String[][]{{"link.js", "secret.js"}, {"link.json", "secret.json"},
                {"link.npy", "secret.npy"}, {"linked-model", "model"}})
            Files.createSymbolicLink(own.resolve(link[0]), secret.resolve(link[1]));
        for (String[] model : new String[][]{{"model-with-link", "model.safetensors"},
                {"model-with-linked-config", "config.json"}}) {
            copyModel(own.resolve(model[0]));
            Files.delete(own.resolve(model[0]).resolve(model[1]));
            Files.createSymbolicLink(own.resolve(model[0]).resolve(model[1]),
                    secret.resolve("model").resolve(model[1]));
        }
        Files.writeString(own.resolve("params.json"), "{}");
        Path writable = Files.createDirectories(around.resolve("writable"));
        for (Path pipe : List.of(own.resolve("pipe"), own.resolve("pipe.npy"), own.resolve("pipe.gguf"),
                writable.resolve("pipe.csv")))
            assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    }

    private static void copyModel(Path target) throws IOException {
        Files.createDirectories(target);
        try (Stream<Path> files = Files.list(Home.bundledModel())) {
            for (Path file : files.toList()) Files.copy(file, target.resolve(file.getFileName()));
        }
    }

    @Test void thereAreEnoughToShowSomething() throws IOException { assertTrue(scripts().count() >= 60); }

    @ParameterizedTest
    @MethodSource("scripts") void itIsRefusedOrBounded(String name) throws Exception {
        List<String> text = Files.readAllLines(SCRIPTS.resolve(name + ".js"));
        Matcher expected = EXPECTED.matcher(text.get(1));
        assertTrue(expected.matches(), text.get(1));
        Path script = Files.write(around.resolve("scripts/script.js"), text), out = around.resolve("out");
        List<Object> arguments = new ArrayList<>(List.of("run", script, "--out", out, "--arg",
                "secret=" + around.resolve("secret"), "--arg", "scripts=" + around.resolve("scripts"), "--arg",
                "writable=" + around.resolve("writable")));
        for (String option : header(text, "options"))
            arguments.add(option.equals("WRITABLE") ? around.resolve("writable") : option);
        Map<String, String> before = everything();

        List<String> process = header(text, "process");
        Path output = Files.createTempFile("escape", ".txt");
        int exit;
        String printed;
        if (process.isEmpty()) {
            Lens.Result result = Lens.run(arguments.toArray());
            exit = result.exit().code();
            printed = result.out() + result.err();
        } else {
            LensProcess lens = LensProcess.start(output, process, arguments.toArray());
            exit = lens.exit();
            printed = lens.printed();
            removeLeavings(out);
        }
        Files.delete(output);
        assertTrue(List.of(expected.group(1).split(",")).contains(String.valueOf(exit)), exit + ": " + shown(printed));
        if (expected.group(2) != null) assertTrue(printed.contains(expected.group(2).strip()), shown(printed));
        assertFalse(printed.contains(SECRET), shown(printed));
        assertEquals(before, everything(), "nothing outside of the run's folder is changed or left");
    }

    /** A process that was halted leaves its hidden files to the next run. */
    private static void removeLeavings(Path out) throws IOException {
        Path empty = Files.createTempFile("next", ".js");
        assertEquals(Exit.DONE, Lens.run("run", empty, "--out", out).exit());
        Files.delete(empty);
    }

    private static List<String> header(List<String> text, String name) {
        return text.stream().limit(4).filter(line -> line.startsWith("// " + name + ": "))
                .flatMap(line -> Arrays.stream(line.substring(name.length() + 5).split(" "))).toList();
    }

    private static String shown(String printed) {
        return printed.length() > 2000 ? printed.substring(printed.length() - 2000) : printed;
    }

    /** Returns the files and folders outside of the run's folders, with their sizes and the times of their changes. */
    private Map<String, String> everything() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(around)) {
            for (Path file : all.toList()) {
                Path relative = around.relativize(file);
                String name = relative.toString();
                boolean kept = name.startsWith(".out.") && name.endsWith(".training.safetensors");   // for --resume
                if (kept || relative.startsWith("out") || relative.startsWith("out.failed") || name.isEmpty()) continue;
                found.put(relative.toString(), Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "folder"
                        : Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toString());
            }
        }
        return found;
    }
}
