package org.tornadolens.dsl.repl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.cli.Main;

/** A session in a real terminal, which tmux provides. */
class TerminalTest {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60),
            HALF_A_SECOND = TimeUnit.MILLISECONDS.toNanos(500);

    @TempDir Path folder;
    private List<String> tmux;

    @BeforeEach void begin() throws Exception {
        assumeTrue(exists("tmux"), "skipped: there is no tmux");
        tmux = List.of("tmux", "-L", "lens-" + ProcessHandle.current().pid(), "-f", "/dev/null");
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> java = new ArrayList<>(List.of("env", "TERM=xterm-256color", "COLORTERM=truecolor",
                "XDG_STATE_HOME=" + folder, Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-Djava.awt.headless=true", "-Xss8m",
                "-Dtornadolens.stdin.terminal=true", "-Dtornadolens.stdout.terminal=true",
                "-Djava.io.tmpdir=" + Files.createDirectory(folder.resolve("tmp")), "-cp", classes,
                Main.class.getName(), "repl"));
        Path start = folder.resolve("start.sh");
        Files.writeString(start, "'" + String.join("' '", java) + "' 2> errors; echo left with $?; sleep 600\n");
        call("new-session", "-d", "-s", "s", "-x", "100", "-y", "40", "-c", folder.toString(),
                "bash " + start.toString());
        prompt();
    }

    @AfterEach void end() throws Exception { if (tmux != null) call("kill-server"); }

    private static boolean exists(String program) {
        for (String place : System.getenv("PATH").split(File.pathSeparator))
            if (Files.isExecutable(Path.of(place, program))) return true;
        return false;
    }

    private String call(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(tmux);
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }

    private String screen() throws IOException, InterruptedException {
        return call("capture-pane", "-p").stripTrailing();
    }

    private void type(String text) throws IOException, InterruptedException { call("send-keys", "-l", text); }

    private void press(String... keys) throws IOException, InterruptedException {
        for (String key : keys) call("send-keys", key);
    }

    private String wait(Predicate<String> shown) throws IOException, InterruptedException {
        long began = System.nanoTime();
        String screen = screen();
        while (!shown.test(screen)) {
            assertTrue(System.nanoTime() - began < PATIENCE, screen);
            Thread.sleep(20);
            screen = screen();
        }
        return screen;
    }

    private String prompt() throws IOException, InterruptedException {
        return wait(screen -> screen.endsWith("\n>") || screen.equals(">"));
    }

    private String input(String text) throws IOException, InterruptedException {
        type(text);
        wait(screen -> screen.endsWith(text.substring(text.lastIndexOf('\n') + 1)));
        press("Enter");
        return prompt();
    }

    @Test void aSessionAsAResearcherHasIt() throws Exception {
        type("model.conf");
        press("Tab");
        wait(screen -> screen.endsWith("model.config"));
        type(".nL");
        press("Tab");
        wait(screen -> screen.endsWith("model.config.nLayers"));
        press("Enter");
        assertTrue(prompt().contains("\n5\n"), "the bundled model has five layers");

        type("[1,");
        press("Enter");
        wait(screen -> screen.endsWith("…"));
        type("2]");
        press("Enter");
        assertTrue(prompt().contains("\n[1, 2]\n"));

        type("not wanted");
        wait(screen -> screen.endsWith("not wanted"));
        press("C-c");
        assertTrue(prompt().contains("not wanted"));
        press("C-c");
        wait(screen -> screen.endsWith("Ctrl-D leaves\n>"));

        press("C-r");
        wait(screen -> screen.contains("reverse-i-search") || screen.contains("bck-i-search"));
        type("nLay");
        wait(screen -> screen.contains("> model.config.nLayers\n") && screen.endsWith("nLay_"));
        press("Enter");
        assertTrue(prompt().endsWith("\n> model.config.nLayers\n5\n>"), "what was found runs again");

        assertTrue(input("tensor([[1, 2], [3, 4]], [\"a\", \"b\"])").contains("a ↓  b →"), "a heat map is drawn");
        press("C-d");
        wait(screen -> screen.contains("left with 0"));
        assertTrue(Files.readString(folder.resolve("tornadolens/history")).contains("model.config.nLayers"));
        try (var left = Files.list(folder.resolve("tmp"))) {
            assertEquals(List.of(), left.filter(file -> !file.getFileName().toString().startsWith("hsperf")).toList(),
                    "no native library of a terminal is unpacked");
        }
    }

    @Test void ctrlCStopsWhatRunsAndKeepsTheSession() throws Exception {
        input("let kept = 5; const rows = model.random({ batch: 64, length: 200 })");
        input("const w = model.weights.W_E");
        input("const t = w.transpose(\"dModel\", \"dVocab\").rename({ dVocab: \"o\" })");
        for (String work : List.of("", "model.run(rows)", "load({ dtype: \"f32\" })", "w.matmul(t)")) {
            String working = "began " + work.length();
            type("for (let i = 0;; i++) { if (i === 1) print(\"be\" + \"gan\", " + work.length() + "); " + work + " }");
            press("Enter");
            wait(screen -> screen.contains(working + "\n") || screen.endsWith(working));
            long began = System.nanoTime();
            press("C-c");
            wait(screen -> screen.endsWith("\n>"));
            long took = System.nanoTime() - began;
            assertTrue(took < 4 * HALF_A_SECOND, work + " took " + took / 1_000_000 + " ms to stop");
            assertTrue(input("kept").contains("\n5\n"));
        }
    }
}
