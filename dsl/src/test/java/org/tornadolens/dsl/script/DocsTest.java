package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.Equivalents;

/**
 * The code in README.md and docs/ runs as it stands, and prints what the page shows. A block of JavaScript runs by
 * itself on the bundled model, with the module's exports in scope. What it prints is compared with the block of plain
 * text after it, if that follows at once.
 */
class DocsTest {

    private static final Path HOME = Path.of("..");

    /** A block of JavaScript, and after it, in the words "which prints:", what it prints. */
    private static final Pattern BLOCK =
            Pattern.compile("```js\\n(.*?)```(?:\\n\\nwhich prints:\\n\\n```\\n(.*?)```)?", Pattern.DOTALL);

    private record Block(String page, int number, String code, String shown) {
        @Override public String toString() { return page + " " + number; }
    }

    static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (Map.Entry<String, String> page : pages().entrySet()) {
            if (page.getKey().equals("extending.md")) continue;   // shows files of the project
            Matcher matcher = BLOCK.matcher(page.getValue());
            for (int number = 1; matcher.find(); number++)
                blocks.add(new Block(page.getKey(), number, matcher.group(1), matcher.group(2)));
        }
        assertTrue(blocks.size() > 15);
        return blocks;
    }

    private static Map<String, String> pages() throws IOException {
        Map<String, String> pages = new TreeMap<>(Map.of("README.md", Files.readString(HOME.resolve("README.md"))));
        try (Stream<Path> files = Files.list(HOME.resolve("docs"))) {
            for (Path file : files.filter(file -> file.toString().endsWith(".md")).toList())
                pages.put(file.getFileName().toString(), Files.readString(file));
        }
        return pages;
    }

    @ParameterizedTest
    @MethodSource("blocks") void aBlockRunsAndPrintsWhatThePageShows(Block block) {
        assumeFalse(block.code.contains("model.chat("), "the bundled model has no chat template");
        String printed = Scripts.printed(script(block.code));
        if (block.shown != null) assertEquals(block.shown.strip(), printed);
    }

    /** Returns the block as a script that imports what it does not import itself. */
    private static String script(String code) {
        if (code.contains("import {")) return code;
        String names = LensModule.names().stream()
                .filter(name -> !Pattern.compile("(const|let|function) " + name + "\\b").matcher(code).find())
                .collect(Collectors.joining(", "));
        String model = code.contains("const model") ? "" : "const model = load();\n";
        return "import { " + names + " } from \"lens\";\n" + model + code;
    }

    @Test void everyLinkLeadsToAFileOrAHeading() throws IOException {
        Map<String, String> pages = pages();
        List<String> broken = new ArrayList<>();
        pages.forEach((name, text) -> {
            Path folder = name.equals("README.md") ? HOME : HOME.resolve("docs");
            Matcher link =
                    Pattern.compile("\\]\\(([^)#\\s]*)(#[^)\\s]*)?\\)").matcher(text.replaceAll("(?s)```.*?```", ""));
            while (link.find()) {
                String to = link.group(1), heading = link.group(2);
                if (to.startsWith("http")) continue;
                Path file = to.isEmpty() ? folder.resolve(name) : folder.resolve(to);
                if (!Files.exists(file)) broken.add(name + ": " + to);
                else
                    if (heading != null && !headings(file).contains(heading.substring(1)))
                        broken.add(name + ": " + to + heading);
            }
        });
        assertEquals(List.of(), broken);
    }

    private static List<String> headings(Path file) {
        try {
            return Files.readAllLines(file).stream().filter(line -> line.startsWith("#"))
                    .map(line -> line.replaceFirst("#+ ", "").toLowerCase().replaceAll("[^\\p{L}\\p{N} _-]", "")
                            .replace(' ', '-'))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test void theGuideHasEveryNameOfOtherLibraries() throws IOException {
        String guide = pages().get("from-transformerlens.md");
        Equivalents.all().forEach((theirs, ours) -> {
            String row = guide.lines().filter(line -> line.startsWith("| `" + theirs + "` |")).findFirst().orElse("");
            assertFalse(row.isEmpty(), theirs);
            assertTrue(row.replace("\\|", "|").contains(ours), row);
        });
    }
}
