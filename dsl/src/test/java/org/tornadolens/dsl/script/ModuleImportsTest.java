package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files behind "lens" import each other without a circle, so that each can be read knowing only its imports. */
class ModuleImportsTest {

    private static final Path MODULE = Path.of("src/main/resources/org/tornadolens/dsl/lens");
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^\\s*(?:import|export)\\b[^;\"']*?from\\s*[\"']\\./([^\"']+)[\"']");

    /** Returns every file of the module with its imports. */
    private static Map<String, Set<String>> imports() throws IOException {
        Map<String, Set<String>> imports = new TreeMap<>();
        try (Stream<Path> files = Files.list(MODULE)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".js")).toList()) {
                imports.put(file.getFileName().toString(), imported(file));
            }
        }
        return imports;
    }

    private static Set<String> imported(Path file) throws IOException {
        Set<String> imported = new TreeSet<>();
        IMPORT.matcher(Files.readString(file)).results().forEach(match -> imported.add(match.group(1)));
        return imported;
    }

    /** Returns the files of a circle in the order of their imports, the first again at the end; empty without one. */
    private static List<String> circle(Map<String, Set<String>> imports) {
        Set<String> done = new TreeSet<>();
        for (String file : imports.keySet()) {
            List<String> circle = circle(file, imports, done, new ArrayList<>());
            if (!circle.isEmpty()) return circle;
        }
        return List.of();
    }

    /**
     * @param done files that are in no circle
     * @param path the files from the start of the search to one that imports {@code file}
     */
    private static List<String> circle(String file, Map<String, Set<String>> imports, Set<String> done,
            List<String> path) {
        int before = path.indexOf(file);
        path.add(file);
        if (before >= 0) return path.subList(before, path.size());
        if (!done.contains(file)) {
            for (String next : imports.getOrDefault(file, Set.of())) {
                List<String> circle = circle(next, imports, done, path);
                if (!circle.isEmpty()) return circle;
            }
            done.add(file);
        }
        path.removeLast();
        return List.of();
    }

    @Test void noFileImportsItselfThroughOthers() throws IOException {
        List<String> circle = circle(imports());
        assertEquals(List.of(), circle, "files of " + MODULE + " import each other in a circle: move what both ends "
                + "need into a file of its own, as handles.js is, and import it from there");
    }

    @Test void everyImportIsFoundAndLeadsToAFile() throws IOException {
        Map<String, Set<String>> imports = imports();
        imports.forEach(
                (file, imported) -> assertTrue(imports.keySet().containsAll(imported), file + " imports " + imported));
        assertTrue(imports.get("lens.js").containsAll(Set.of("script.js", "table.js")),
                "exports from other files count");
        assertTrue(imports.get("model-run.js").contains("metrics.js"), "imports count");
    }

    @Test void aCircleIsFoundAndToldInOrder() {
        Map<String, Set<String>> imports = new TreeMap<>();
        imports.put("a", Set.of("b"));
        imports.put("b", Set.of("c", "d"));
        imports.put("c", Set.of("b"));
        assertEquals(List.of("b", "c", "b"), circle(imports));
        imports.put("c", Set.of("d"));
        assertEquals(List.of(), circle(imports));
    }
}
