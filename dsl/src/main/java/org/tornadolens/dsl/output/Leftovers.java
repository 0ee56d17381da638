package org.tornadolens.dsl.output;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The hidden folders beside a run's folder: {@code .NAME.PID.tmp} while it is written, {@code .NAME.PID.old} while it
 * is replaced.
 */
final class Leftovers {

    private Leftovers() {}

    static Path sibling(Path target, String kind) {
        return target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "." + kind);
    }

    /**
     * Removes what a killed process left beside {@code target}. If it was killed while it replaced the old results,
     * those are restored.
     */
    static void clear(Path target) throws IOException {
        Path parent = target.getParent();
        if (!Files.isDirectory(parent)) return;
        Pattern pattern = Pattern.compile(Pattern.quote("." + target.getFileName() + ".") + "(\\d{1,18})\\.(tmp|old)");
        List<Path> siblings;
        try (Stream<Path> all = Files.list(parent)) {
            siblings = all.toList();
        }
        for (Path sibling : siblings) {
            Matcher matcher = pattern.matcher(sibling.getFileName().toString());
            if (!matcher.matches() || ProcessHandle.of(Long.parseLong(matcher.group(1))).isPresent()) continue;
            if (matcher.group(2).equals("old") && !Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(sibling, target);
            } else {
                delete(sibling);
            }
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) return;
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override public FileVisitResult postVisitDirectory(Path visited, IOException error) throws IOException {
                if (error != null) throw error;
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
