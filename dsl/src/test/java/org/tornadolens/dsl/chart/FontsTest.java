package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import javax.imageio.ImageIO;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FontsTest {

    /** A program that draws a chart without configuring fonts. */
    static final class Draws {
        public static void main(String[] arguments) throws IOException {
            try (OutputStream out = Files.newOutputStream(Path.of(arguments[0]))) {
                Heatmap.of(Samples.heads(4, 4), Options.NONE.title("Induction ▁ score")).write(Picture.of(arguments[0]),
                        out);
            }
        }
    }

    /** Asserts that there is no font: AWT's own fails. */
    static final class AsksForAFont {
        public static void main(String[] arguments) {
            new Font(Font.SANS_SERIF, Font.PLAIN, 12).getStringBounds("a",
                    new java.awt.font.FontRenderContext(null, true, true));
        }
    }

    /**
     * Starts a JVM that finds neither fontconfig nor a font: files that are no libraries come before the real
     * fontconfig, so that loading it fails as on a machine without one.
     */
    private static int withoutFonts(Path folder, Class<?> program, String... arguments) throws Exception {
        Path libraries = Files.createDirectories(folder.resolve("libraries"));
        for (String name : new String[]{"libfontconfig.so.1", "libfontconfig.so"})
            Files.writeString(libraries.resolve(name), "not a library");
        ProcessBuilder jvm = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.awt.headless=true", "-Djava.io.tmpdir=" + folder, "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), program.getName());
        jvm.command().addAll(java.util.List.of(arguments));
        Map<String, String> environment = jvm.environment();
        environment.put("LD_LIBRARY_PATH", libraries.toString());
        environment.remove("JAVA_TOOL_OPTIONS");
        Process process = jvm.redirectErrorStream(true).redirectOutput(folder.resolve("output").toFile()).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "took more than a minute");
        return process.exitValue();
    }

    @Test
    @EnabledOnOs(OS.LINUX) void chartsAreDrawnAndLookTheSameWithoutFontconfigAndFonts(@TempDir Path folder)
            throws Exception {
        assertNotEquals(0, withoutFonts(folder, AsksForAFont.class),
                "this machine's fonts were not hidden, so the test would show nothing");

        Path there = folder.resolve("there.png"), here = folder.resolve("here.png");
        assertEquals(0, withoutFonts(folder, Draws.class, there.toString()), () -> read(folder.resolve("output")));
        Draws.main(new String[]{here.toString()});
        BufferedImage one = ImageIO.read(there.toFile()), other = ImageIO.read(here.toFile());
        assertEquals(other.getWidth(), one.getWidth());
        for (int y = 0; y < other.getHeight(); y++)
            for (int x = 0; x < other.getWidth(); x++) assertEquals(other.getRGB(x, y), one.getRGB(x, y), x + ", " + y);
        try (var left = Files.list(folder)) {
            assertTrue(left.noneMatch(file -> file.getFileName().toString().startsWith("tornadolens")),
                    "the unpacked font is gone");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    @Test void theFontHasWhatLabelsNeed() {
        for (char needed : "0123456789.−×⁻⁰¹²³⁴⁵⁶⁷⁸⁹…␣↵→▁abcäß".toCharArray())
            assertTrue(Fonts.canDisplay(needed), "U+" + Integer.toHexString(needed));
    }
}
