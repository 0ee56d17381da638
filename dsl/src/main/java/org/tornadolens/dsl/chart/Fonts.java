package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.font.FontRenderContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.tornadolens.files.TemporaryFolder;

/**
 * The font of every chart, DejaVu Sans, which comes with TornadoLens: a chart looks the same on every machine, even
 * one with neither fontconfig nor fonts.
 */
final class Fonts {

    private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);
    private static Font base;

    private Fonts() {}

    static Font size(double points) { return base().deriveFont((float) points); }

    /** Returns the width of one line, in points. */
    static double width(String text, Font font) {
        return text.isEmpty() ? 0 : font.getStringBounds(text, METRICS).getWidth();
    }

    static boolean canDisplay(int codePoint) { return base().canDisplay(codePoint); }

    /** Loaded with the first text, so that a full temporary folder is an error of the chart and no broken class. */
    private static synchronized Font base() {
        if (base == null) base = load();
        return base;
    }

    private static Font load() {
        Path folder = null;
        try {
            folder = TemporaryFolder.create().untilExit().path();
            Path file = folder.resolve("DejaVuSans.ttf");
            try (InputStream font = Fonts.class.getResourceAsStream("DejaVuSans.ttf")) {
                Files.copy(font, file);
            }
            Path configuration = folder.resolve("fontconfig.properties");
            nameTheOnlyFont(file, configuration);
            return Font.createFont(Font.TRUETYPE_FONT, file.toFile());
        } catch (IOException cause) {
            discard(folder);
            throw new UncheckedIOException(
                    "the charts' font cannot be unpacked into " + System.getProperty("java.io.tmpdir")
                            + " (" + cause.getMessage() + "); -Djava.io.tmpdir=FOLDER names another folder",
                    cause);
        } catch (FontFormatException cause) {
            throw new IllegalStateException("the charts' font is damaged: build TornadoLens again", cause);
        }
    }

    private static void discard(Path folder) {
        if (folder == null) return;
        for (String left : new String[]{"DejaVuSans.ttf", "fontconfig.properties", ""})
            folder.resolve(left).toFile().delete();
    }

    /**
     * AWT on Linux asks fontconfig for the fonts of the machine before it draws any text, and fails if there are none.
     * A configuration that names only our font avoids that (and saves 100 ms). It has to be set before the first
     * text is measured in this JVM; later, AWT has its fonts already.
     */
    private static void nameTheOnlyFont(Path font, Path configuration) throws IOException {
        if (System.getProperty("java.awt.headless") == null) System.setProperty("java.awt.headless", "true");
        if (!System.getProperty("os.name").startsWith("Linux") || System.getProperty("sun.awt.fontconfig") != null)
            return;
        Properties names = new Properties();
        names.setProperty("version", "1");
        names.setProperty("sequence.allfonts", "default");
        names.setProperty("sequence.fallback", "default");
        names.setProperty("allfonts.default", "DejaVu Sans");
        names.setProperty("dialog.plain.default", "DejaVu Sans");
        names.setProperty("filename.DejaVu_Sans", font.toString());
        try (OutputStream out = Files.newOutputStream(configuration)) {
            names.store(out, null);
        }
        System.setProperty("sun.awt.fontconfig", configuration.toString());
    }
}
