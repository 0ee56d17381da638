package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Home;

/** What a model, a script or a file's name holds cannot steer the terminal, which {@code script} provides. */
class ControlSequencesTest {

    private static final String TITLE = "\u001b]0;owned\u0007";

    @TempDir Path folder;
    private Path model;

    @BeforeEach void aModelWhosePiecesAreControlSequences() throws IOException {
        assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, "script"))), "skipped: there is no script");
        model = Files.createDirectory(folder.resolve("model"));
        try (Stream<Path> files = Files.list(Home.bundledModel())) {
            for (Path file : files.toList()) Files.copy(file, model.resolve(file.getFileName()));
        }
        Path tokenizer = model.resolve("tokenizer.model");
        byte[] bytes = Files.readAllBytes(tokenizer);
        escapePieces(bytes);
        Files.delete(tokenizer);
        Files.write(tokenizer, bytes);
    }

    /** Writes an escape in front of every ordinary piece that has room for one: fields 1 of a ModelProto. */
    private static void escapePieces(byte[] proto) {
        int id = 0;
        for (int at = 0; at < proto.length && proto[at] == 0x0A; id++) {
            int length = proto[at + 1], text = at + 4;      // of the message; a piece's is below 128
            byte[] sequence = ("\u001b[" + Integer.toString(id, 36)).getBytes(StandardCharsets.US_ASCII);
            if (proto[at + 3] >= sequence.length && proto[text] != '<') {
                Arrays.fill(proto, text, text + proto[at + 3], (byte) 'm');
                System.arraycopy(sequence, 0, proto, text, sequence.length);
            }
            at += 2 + length;
        }
    }

    private record Shown(String text, int exit) {}

    /** Runs a command in a terminal, or with both outputs in one file. */
    private Shown lens(boolean terminal, String... arguments) throws Exception {
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> java = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-Djava.awt.headless=true", "-Xss8m", "-Xlog:disable",
                "-cp", classes));
        if (terminal) java.addAll(List.of("-Dtornadolens.stdout.terminal=true", "-Dtornadolens.stderr.terminal=true"));
        java.add(Main.class.getName());
        java.addAll(List.of(arguments));
        Path start = folder.resolve("start.sh"), out = folder.resolve("typescript");
        StringBuilder line = new StringBuilder();
        for (String word : java) line.append('\'').append(word.replace("'", "'\\''")).append("' ");
        Files.writeString(start, line + "\n");
        List<String> command = terminal ? List.of("script", "-q", "-e", "-c", "bash " + start, "/dev/null")
                : List.of("bash", start.toString());
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectInput(new File("/dev/null")).redirectOutput(out.toFile()).start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "it ends");
        return new Shown(Files.readString(out), process.exitValue());
    }

    private static void assertPlain(String text) {
        String rest = text.replace("\r\n", "\n").replaceAll("\r\u001b\\[K", "");   // of the line of progress
        assertFalse(rest.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\t' || c >= 0x7F && c < 0xA0
                || c == 0x202E), () -> rest.replace('\u001b', '\u241b'));
    }

    @Test void generatedTextIsEscapedOnATerminalAndKeptInAFile() throws Exception {
        String[] command = {"generate", "Once upon a time", "--model", model.toString(), "--max", "40"};
        Shown terminal = lens(true, command);
        assertEquals(0, terminal.exit(), terminal.text());
        assertPlain(terminal.text());
        assertTrue(terminal.text().contains("<U+001B>["), terminal.text());
        Shown file = lens(false, command);
        assertTrue(file.text().contains("\u001b["), "a file has the text itself");
        assertTrue(terminal.text().replace("\r\n", "\n").contains(file.text().replace("\u001b", "<U+001B>").strip()),
                file.text());
    }

    @Test void scriptsPrintPlainText() throws Exception {
        Path script = Files.writeString(folder.resolve("print.js"), """
                import { load, print, table } from "lens";
                const model = load();
                print("\\u001b]0;owned\\u0007", ["\\u202eleft", "\\u009b31m"]);
                print(model.pieces([[1, 300, 301, 302, 303]]));
                print(model.next("Once", { top: 50 }));
                table([{ "\\u001b[2J": "\\u001b[31mred" }], { columns: ["\\u001b[2J"] }).print();
                console.log("\\u001b[8mhidden");
                throw new Error("\\u001b]0;owned\\u0007");
                """);
        Shown shown = lens(true, "run", script.toString(), "--model", model.toString());
        assertEquals(3, shown.exit(), shown.text());
        assertPlain(shown.text());
        assertTrue(shown.text().contains("<U+001B>]0;owned<U+0007>"), shown.text());
        assertTrue(shown.text().contains("<U+202E>left"), shown.text());
    }

    @Test void namesOfFilesInErrorsAreEscaped() throws Exception {
        for (String[] command : new String[][]{{"run", TITLE + ".js"}, {"info", TITLE}, {TITLE},
                {"generate", "a", "--model", folder.resolve(TITLE).toString()}}) {
            Shown shown = lens(true, command);
            assertTrue(shown.exit() > 0);
            assertPlain(shown.text());
            assertTrue(shown.text().contains("owned"), shown.text());
        }
        Path bad = Files.writeString(model.resolve("config.json"), "{\"model_type\": \"" + TITLE.replace("\u001b",
                "\\u001b").replace("\u0007", "\\u0007") + "\"}");
        Shown shown = lens(true, "info", model.toString());
        assertEquals(4, shown.exit(), bad + ": " + shown.text());
        assertPlain(shown.text());
    }

    @Test void anOutputThatCannotBeWrittenIsAnError() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "skipped: there is no /dev/full");
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (List<String> command : List.of(List.of("--version"), List.of("devices"))) {
            List<String> java = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                    "jdk.incubator.vector", "-Xlog:disable", "-cp", classes, Main.class.getName()));
            java.addAll(command);
            Process process = new ProcessBuilder(java).redirectOutput(new File("/dev/full")).start();
            String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(2, process.waitFor(), error);
            assertTrue(error.contains("lens: the output cannot be written: No space left on device"), error);
        }
    }
}
