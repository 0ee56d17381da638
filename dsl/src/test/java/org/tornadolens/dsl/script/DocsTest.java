package org.tornadolens.dsl.script;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.Equivalents;

/**
 * The code in README.md and docs/ runs as it stands, and prints what the page shows. A block of JavaScript runs by
 * itself on the bundled model, with the module's exports in scope; the blocks of the tutorial continue each other. What
 * a block prints is compared with the block of plain text after it, if that follows at once. With
 * {@code -Dtornadolens.docs=write} the tutorial's pictures are drawn anew.
 */
class DocsTest {

    private static final Path HOME = Path.of(".."), PICTURES = HOME.resolve("docs/images/tutorial");

    /** Pages whose blocks run in another test, or show files of the project. */
    private static final Set<String> ELSEWHERE = Set.of("tutorial.md", "reference.md", "extending.md");

    /** A block of JavaScript, and after it, in the words "which prints:", what it prints. */
    private static final Pattern BLOCK =
            Pattern.compile("```js\\n(.*?)```(?:\\n\\nwhich prints:\\n\\n```\\n(.*?)```)?", Pattern.DOTALL);

    private record Block(String page, int number, String code, String shown) {
        @Override public String toString() { return page + " " + number; }
    }

    static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (Map.Entry<String, String> page : pages().entrySet()) {
            if (!ELSEWHERE.contains(page.getKey())) blocks.addAll(blocks(page.getKey(), page.getValue()));
        }
        assertTrue(blocks.size() > 50);
        return blocks;
    }

    private static List<Block> blocks(String page, String text) {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        for (int number = 1; matcher.find(); number++)
            blocks.add(new Block(page, number, matcher.group(1), matcher.group(2)));
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
        assumeFalse(block.code.contains("model.chat(") && !block.code.contains("template"),
                "the bundled model has no chat template");
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

    @Test void theTutorialPrintsAndDrawsWhatItShows(@TempDir Path folder) throws IOException, ScriptFailure {
        String page = pages().get("tutorial.md"), end = "--end of block--";
        List<Block> blocks = blocks("tutorial.md", page);
        String script = blocks.stream().map(block -> block.code + "print(\"" + end + "\");\n")
                .collect(Collectors.joining());
        String[] printed = Scripts.run(folder, script).split(end + "\\R?");
        assertEquals(blocks.size(), printed.length);
        for (int i = 0; i < printed.length; i++) {
            Block block = blocks.get(i);
            assertEquals(block.shown == null ? "" : block.shown.strip(), printed[i].strip(), block.toString());
        }
        List<String> shown = Pattern.compile("\\(images/tutorial/(.*?)\\)").matcher(page).results()
                .map(picture -> picture.group(1)).toList();
        assertEquals(shown.stream().sorted().toList(), files(folder.resolve("out"), ".png"), "every picture is shown");
        if ("write".equals(System.getProperty("tornadolens.docs"))) {
            Files.createDirectories(PICTURES);
            for (String name : shown)
                Files.copy(folder.resolve("out").resolve(name), PICTURES.resolve(name), REPLACE_EXISTING);
        }
        assertEquals(shown.stream().sorted().toList(), files(PICTURES, ""), "no picture is left over");
        for (String name : shown) {
            double difference = difference(folder.resolve("out").resolve(name), PICTURES.resolve(name));
            assertTrue(difference < 0.01, name + " differs by " + difference
                    + "; CONTRIBUTING.md says how to draw the pictures again");
        }
    }

    private static List<String> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(ending)).sorted()
                    .toList();
        }
    }

    /** Returns the mean difference of two pictures' colours, from 0 to 1; 1 if their sizes differ. */
    private static double difference(Path one, Path other) throws IOException {
        BufferedImage a = ImageIO.read(one.toFile()), b = ImageIO.read(other.toFile());
        int width = a.getWidth(), height = a.getHeight();
        if (b.getWidth() != width || b.getHeight() != height) return 1;
        long sum = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int p = a.getRGB(x, y), q = b.getRGB(x, y);
                for (int shift = 0; shift < 24; shift += 8) sum += Math.abs((p >> shift & 255) - (q >> shift & 255));
            }
        }
        return sum / (255.0 * 3 * width * height);
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

    @Test void theIndexLeadsToEveryPage() throws IOException {
        String index = pages().get("index.md");
        List<String> missing = pages().keySet().stream().filter(page -> !index.contains("(" + page + ")"))
                .filter(page -> !page.equals("index.md") && !page.equals("README.md")).toList();
        assertEquals(List.of(), missing, "pages of docs/ without a line in docs/index.md");
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
