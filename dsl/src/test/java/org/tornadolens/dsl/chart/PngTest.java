package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import javax.imageio.ImageIO;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;

class PngTest {

    private final Chart chart = Heatmap.of(Samples.heads(4, 4), Options.NONE);

    @Test void aSavedChartIsAPngFitForPrint(@TempDir Path folder) throws IOException {
        Path file = chart.save(folder.resolve("scores.png"));
        BufferedImage image = ImageIO.read(file.toFile());
        Drawing drawing = chart.draw(Chart.PLOT);
        assertEquals(drawing.width() * 4, image.getWidth());
        assertEquals(drawing.height() * 4, image.getHeight());
        assertEquals(Color.WHITE, new Color(image.getRGB(0, 0)));
        byte[] bytes = Files.readAllBytes(file);
        int resolution = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("pHYs");
        assertEquals(288, Math.round(ByteBuffer.wrap(bytes).getInt(resolution + 4) * 0.0254), "dots per inch");
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList(), "nothing else is left behind");
        }
    }

    @Test void theSameChartIsTheSameFile(@TempDir Path folder) throws IOException {
        assertEquals(-1, Files.mismatch(chart.save(folder.resolve("a")), chart.save(folder.resolve("b"))));
    }

    @Test void aNameWithoutAnExtensionGetsOne(@TempDir Path folder) {
        assertEquals(folder.resolve("scores.png"), chart.save(folder.resolve("scores")));
        assertEquals("head 3.1.png", Chart.fileName("head 3.1"));
        assertEquals("heads/3.1.PNG", Chart.fileName("heads/3.1.PNG"));
    }

    @Test void anotherFormatIsRefusedByName() {
        assertFails("a chart is saved as PNG: name it scores.png, not scores.svg", () -> chart.save(Path.of("scores.svg")));
        assertFails("a chart is saved as PNG: name it scores.png, not scores.pdf", () -> Chart.fileName("scores.pdf"));
    }

    @Test void whatCannotBeWrittenLeavesTheOldFile(@TempDir Path folder) throws IOException {
        Path missing = folder.resolve("none").resolve("scores.png");
        assertTrue(assertThrows(UncheckedIOException.class, () -> chart.save(missing)).getMessage().contains(missing.toString()));
        Path directory = Files.createDirectories(folder.resolve("scores.png").resolve("full"));
        assertThrows(UncheckedIOException.class, () -> chart.save(folder.resolve("scores.png")));
        assertTrue(Files.exists(directory));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "nothing half-written is left behind");
        }
    }

    @Test void aLargeGridStaysWithinItsPixels() {
        List<Chart> many = java.util.Collections.nCopies(256, chart);
        BufferedImage image = Png.image(new Grid(many, Options.NONE).draw(Chart.PLOT));
        assertTrue((long) image.getWidth() * image.getHeight() < 25_000_000, image.getWidth() + " x " + image.getHeight());
    }
}
