package org.tornadolens.dsl.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Element;

class PictureTest {

    private final Chart heads = Heatmap.of(Samples.heads(4, 6), Options.NONE.title("Induction ▁ score"));

    @ParameterizedTest
    @EnumSource(Picture.class) void theSameChartIsTheSameFile(Picture picture) throws IOException {
        assertArrayEquals(written(heads, picture), written(heads, picture));
    }

    @Test void theExtensionSaysWhichAndWithoutOneItIsPng() {
        assertEquals(List.of(Picture.PNG, Picture.PNG, Picture.SVG, Picture.PDF),
                List.of(Picture.of("scores"), Picture.of("a/head 3.1"), Picture.of("scores.svg"), Picture.of("s.PDF")));
        assertEquals(List.of("scores.png", "head 3.1.png", "heads/3.1.PNG", "scores.svg"),
                List.of(Picture.fileName("scores"), Picture.fileName("head 3.1"), Picture.fileName("heads/3.1.PNG"),
                        Picture.fileName("scores.svg")));
    }

    @Test void anotherFormatIsRefusedByName() {
        assertFails(
                "a chart is saved as PNG, SVG or PDF: name it scores.png, scores.svg or scores.pdf, not scores.jpeg",
                () -> Picture.fileName("scores.jpeg"));
    }

    @Test void anSvgIsAsLargeAsTheDrawingAndHasACellForEachHead() throws Exception {
        Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(written(heads, Picture.SVG))).getDocumentElement();
        Drawing drawing = heads.draw(Chart.PLOT);
        assertEquals("0 0 " + drawing.width() + " " + drawing.height(), root.getAttribute("viewBox"));
        assertEquals(0, root.getElementsByTagName("text").getLength(), "text is outlines");
        assertTrue(root.getElementsByTagName("rect").getLength() >= 24
                && root.getElementsByTagName("path").getLength() > 10);
    }

    /** A PDF reader paints what the PNG shows, but for a few pixels at edges, relative to those that are not white. */
    @Test void aPdfShowsWhatThePngShows() throws IOException {
        for (Chart chart : List.of(heads,
                LineChart.of(Values.of(Samples.heads(2, 30)), Options.NONE.title("Two lines")))) {
            BufferedImage png = Png.image(chart.draw(Chart.PLOT));
            try (PDDocument document = Loader.loadPDF(written(chart, Picture.PDF))) {
                assertEquals(1, document.getNumberOfPages());
                BufferedImage pdf = new PDFRenderer(document).renderImage(0, Png.SCALE);
                int different = 0, painted = 0, width = Math.min(png.getWidth(), pdf.getWidth()),
                        height = Math.min(png.getHeight(), pdf.getHeight());
                for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) {
                    if (distance(png.getRGB(x, y), pdf.getRGB(x, y)) > 100) different++;
                    if (distance(png.getRGB(x, y), Color.WHITE.getRGB()) > 100) painted++;
                }
                assertTrue(different < 0.02 * width * height, different + " of " + width * height + " pixels differ");
                assertTrue(different < 0.25 * painted,
                        different + " pixels differ of " + painted + " that are not white");
            }
        }
    }

    private static int distance(int one, int other) {
        Color a = new Color(one), b = new Color(other);
        return Math.abs(a.getRed() - b.getRed()) + Math.abs(a.getGreen() - b.getGreen())
                + Math.abs(a.getBlue() - b.getBlue());
    }

    private static byte[] written(Chart chart, Picture picture) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        chart.write(picture, out);
        return out.toByteArray();
    }
}
