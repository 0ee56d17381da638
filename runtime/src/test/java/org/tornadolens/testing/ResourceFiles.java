package org.tornadolens.testing;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/** The test resources of the runtime as files: checkpoints are memory-mapped, which entries of a jar cannot be. */
public final class ResourceFiles {

    private static final Path ROOT = root();

    private ResourceFiles() {}

    /** Returns the path of a file or folder, such as {@code golden/multi-head}. */
    public static Path path(String name) {
        return ROOT.resolve(name);
    }

    private static Path root() {
        try {
            URI golden = ResourceFiles.class.getResource("/golden").toURI();
            return golden.getScheme().equals("jar") ? unpacked(golden) : Path.of(golden).getParent();
        } catch (URISyntaxException | IOException e) {
            throw new IllegalStateException("the test resources cannot be read", e);
        }
    }

    /** Copies everything but classes to a folder that is deleted when this process ends. */
    private static Path unpacked(URI inJar) throws IOException {
        Path copy = Files.createTempDirectory("tornadolens-tests");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(copy)));
        try (FileSystem jar = FileSystems.newFileSystem(inJar, Map.of()); var all = Files.walk(jar.getPath("/"))) {
            for (Path file : all.filter(Files::isRegularFile).filter(f -> !f.toString().endsWith(".class")).toList()) {
                Path to = copy.resolve(file.toString().substring(1));
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
        return copy;
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            System.err.println(folder + " is left: " + e);
        }
    }
}
