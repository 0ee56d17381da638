package org.tornadolens;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks which packages of the engine the TornadoVM backend uses. The test reads its sources, since they are compiled
 * only where a TornadoVM SDK is installed; so the rule holds in every build.
 */
class TornadoArrowsTest {

    private static final Path SOURCES = Path.of("../tornado-kernels/src/main/java/org/tornadolens/tornado");
    private static final Pattern CLASS = Pattern.compile("\\borg\\.tornadolens\\.(?:([a-z0-9.]+)\\.)?[A-Z]\\w*");

    @Test void theBackendUsesOnlyBackendProgramAndTensor() throws IOException {
        assertEquals(List.of(),
                named(SOURCES, Set.of("tornado", "tornado.kernels", "backend", "memory", "program", "tensor")),
                "a backend runs programs and knows no model: what it needs to know belongs into an operation");
    }

    @Test void kernelsUseNothingButEachOther() throws IOException {
        assertEquals(List.of(), named(SOURCES.resolve("kernels"), Set.of("tornado.kernels")),
                "a kernel runs on the device: what it needs to know belongs into its block of arguments");
    }

    /** Returns the places where source files name classes in packages other than these and the root package. */
    private static List<String> named(Path sources, Set<String> allowed) throws IOException {
        List<String> named = new ArrayList<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java")).sorted().toList()) {
                for (MatchResult match : CLASS.matcher(Files.readString(file)).results().toList()) {
                    boolean fine = match.group(1) == null || allowed.contains(match.group(1));
                    if (!fine) named.add(file.getFileName() + " names " + match.group());
                }
            }
        }
        return named;
    }
}
