package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.cli.Main;
import org.tornadolens.dsl.jupyter.KernelSpec;

/**
 * A real Jupyter runs the tutorial and asks for completion, documentation and interrupts. It needs a Python with
 * nbclient: the one that {@code TORNADOLENS_TEST_JUPYTER} names, else {@code python3} on the path.
 */
class JupyterTest {

    private static final String VARIABLE = "TORNADOLENS_TEST_JUPYTER";
    private static final int PATIENCE = 600;      // s

    @TempDir Path folder;

    @Test void jupyterRunsTheTutorialAndAsksAndInterrupts() throws Exception {
        Optional<String> python = python();
        if (python.isEmpty())
            System.out.println("JupyterTest is left out: no Python with nbclient (" + VARIABLE + " may name one)");
        Assumptions.assumeTrue(python.isPresent());
        for (String mode : List.of("message", "signal"))
            new KernelSpec("by-" + mode, "Test", java(), List.of(), mode, Map.of()).install(folder);
        ProcessBuilder checks = new ProcessBuilder(python.get(), "src/test/python/jupyter_checks.py",
                Notebook.tutorial().toString(), "by-message", "by-signal").redirectErrorStream(true);
        checks.environment().put("JUPYTER_PATH", folder.toString());
        checks.environment().put("XDG_STATE_HOME", folder.toString());
        Path output = folder.resolve("output.txt");
        Process process = checks.redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(PATIENCE, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended, () -> "not done after " + PATIENCE + " s: " + text(output));
        assertEquals(0, process.exitValue(), () -> text(output));
    }

    private static Optional<String> python() throws IOException, InterruptedException {
        String named = System.getenv(VARIABLE), python = named == null || named.isEmpty() ? "python3" : named;
        try {
            Process process = new ProcessBuilder(python, "-c", "import nbclient, nbformat, jupyter_client")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor() == 0 ? Optional.of(python) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();      // there is no such program
        }
    }

    /** Returns the command that starts lens with the classes of this test. */
    private static List<String> java() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-Djava.awt.headless=true", "-Xss8m", "-Dtornadolens.home=" + Home.folder()));
        command.addAll(List.of("-cp", classPath(), Main.class.getName()));
        return command;
    }

    private static String classPath() {
        return String.join(File.pathSeparator, List.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .stream().map(path -> Path.of(path).toAbsolutePath().toString()).toList());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
