package org.tornadolens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No line of the repository's Java, JavaScript and TypeScript files is longer than 120 characters. */
class LineLengthTest {

    private static final int MAX_LENGTH = 120;
    private static final Set<String> ENDINGS = Set.of("java", "js", "ts");
    /** What the build and the runs of scripts write. */
    private static final Set<String> GENERATED = Set.of("target", "out", "node_modules");

    @Test void noLineIsTooLong() throws IOException {
        List<Path> files = files(root());
        assertTrue(files.size() > 300, "only " + files.size() + " files below " + root());
        List<String> tooLong = new ArrayList<>();
        for (Path file : files) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                int length = lines.get(i).codePointCount(0, lines.get(i).length());
                if (length > MAX_LENGTH) tooLong.add(root().relativize(file) + ":" + (i + 1) + " has " + length);
            }
        }
        assertEquals(0, tooLong.size(),
                () -> "lines of more than " + MAX_LENGTH + " characters:\n" + String.join("\n", tooLong));
    }

    /** Maven starts the tests of a module in the module's folder. */
    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("formatter.xml"))) here = here.getParent();
        return here;
    }

    private static List<Path> files(Path root) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean skipped = !folder.equals(root) && (name.startsWith(".") || GENERATED.contains(name));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))) files.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
