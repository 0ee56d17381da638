package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import javax.imageio.ImageIO;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PngTest {

    private final Chart chart = Heatmap.of(Samples.heads(4, 4), Options.NONE);

    @Test void aSavedChartIsAPngFitForPrint() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        chart.write(Picture.PNG, out);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(out.toByteArray()));
        Drawing drawing = chart.draw(Chart.PLOT);
        assertEquals(drawing.width() * 4, image.getWidth());
        assertEquals(drawing.height() * 4, image.getHeight());
        assertEquals(Color.WHITE, new Color(image.getRGB(0, 0)));
        int resolution = out.toString(StandardCharsets.ISO_8859_1).indexOf("pHYs");
        assertEquals(288, Math.round(ByteBuffer.wrap(out.toByteArray()).getInt(resolution + 4) * 0.0254),
                "dots per inch");
    }

    @Test void aLargeGridStaysWithinItsPixels() {
        List<Chart> many = java.util.Collections.nCopies(256, chart);
        BufferedImage image = Png.image(new Grid(many, Options.NONE).draw(Chart.PLOT));
        assertTrue((long) image.getWidth() * image.getHeight() < 25_000_000,
                image.getWidth() + " x " + image.getHeight());
    }
}
