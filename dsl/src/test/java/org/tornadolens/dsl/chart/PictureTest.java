package org.tornadolens.dsl.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;

import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDDocumentInformation;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.apache.pdfbox.text.PDFTextStripper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

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
        assertFails(
                "a chart is saved as PNG, SVG or PDF: name it scores.png, scores.svg or scores.pdf, not scores.parquet",
                () -> Picture.fileName("scores.parquet"));
    }

    @ParameterizedTest
    @EnumSource(Picture.class) void aTitleMayHoldAnyCharacter(Picture picture) throws IOException {
        Chart chart = Heatmap.of(Samples.heads(2, 2), Options.NONE.title("a\u0000b\u0007\ud83d\uFFFE\uD83E\uDDE0"));
        assertTrue(written(chart, picture).length > 1000);
    }

    @Test void whatXmlDoesNotTakeIsNamedInAnSvg() throws Exception {
        Element root = svg(Heatmap.of(Samples.heads(2, 2), Options.NONE.title("a\u0000\ud83d\uFFFE\uD83E\uDDE0")));
        assertEquals("a\\u{0}\\u{D83D}\\u{FFFE}\uD83E\uDDE0",
                root.getElementsByTagName("title").item(0).getTextContent());
    }

    @Test void anSvgIsAsLargeAsTheDrawingAndHasACellForEachHead() throws Exception {
        Element root = svg(heads);
        Drawing drawing = heads.draw(Chart.PLOT);
        assertEquals(List.of(0.0, 0.0, drawing.width(), drawing.height()),
                Stream.of(root.getAttribute("viewBox").split(" ")).map(Double::valueOf).toList());
        assertTrue(root.getElementsByTagName("rect").getLength() >= 24);
    }

    @Test void theTextOfAnSvgIsTextInItsPlaceAndTheFileHasTheFont() throws Exception {
        Element root = svg(heads);
        Drawing drawing = heads.draw(Chart.PLOT);
        NodeList texts = root.getElementsByTagName("text");
        assertEquals(Samples.texts(drawing),
                IntStream.range(0, texts.getLength()).mapToObj(i -> texts.item(i).getTextContent()).toList());
        Element title = (Element) texts.item(0);
        Label label = drawing.labels().getFirst();
        assertEquals(label.x(), Double.parseDouble(title.getAttribute("x")), 0.01);
        assertEquals("12", title.getAttribute("font-size"));

        String style = root.getElementsByTagName("style").item(0).getTextContent();
        byte[] font = Base64.getDecoder().decode(style.replaceAll("(?s).*base64,([^)]*)\\).*", "$1"));
        assertTrue(font.length < 60_000, font.length + " bytes, the whole font has 750,000");
        Font subset = Font.createFont(Font.TRUETYPE_FONT, new ByteArrayInputStream(font));
        assertTrue(subset.getFamily().contains("DejaVu"), subset.getFamily());
        for (String text : Samples.texts(drawing)) {
            assertEquals(-1, subset.canDisplayUpTo(text), text);
            assertEquals(Fonts.width(text, Fonts.size(12)), Fonts.width(text, subset.deriveFont(12f)), 0.01, text);
        }
    }

    /** No ligature and no subset hides what is written; a reader finds and copies it. */
    @Test void theTextOfAPdfIsTextAndItsFontIsEmbedded() throws IOException {
        Chart chart =
                Heatmap.of(Samples.heads(4, 6), Options.NONE.title("five fi flow, naïve − ␣Mary").label("difference"));
        try (PDDocument document = Loader.loadPDF(written(chart, Picture.PDF))) {
            String text = new PDFTextStripper().getText(document);
            for (String word : List.of("five", "fi", "flow,", "naïve", "−", "␣Mary", "head"))
                assertTrue(List.of(text.split("\\s+")).contains(word), word + " in\n" + text);
            int fonts = 0;
            for (COSName name : document.getPage(0).getResources().getFontNames()) {
                PDFont font = document.getPage(0).getResources().getFont(name);
                assertTrue(font.isEmbedded(), font.getName());
                assertTrue(font.getName().contains("DejaVuSans"), font.getName());
                fonts++;
            }
            assertEquals(1, fonts);
        }
    }

    @Test void textFromRightToLeftIsDrawnAsItIsRead() throws IOException {
        Chart chart = Heatmap.of(Samples.heads(2, 2), Options.NONE.title("سلام"));
        assertTrue(new String(written(chart, Picture.SVG), StandardCharsets.UTF_8).contains("<path"));
        assertPdfLikePng(chart);
    }

    private static final About ABOUT = new About(new LinkedHashMap<>(Map.of("Software", "TornadoLens 1", "Model",
            "Zürich-1B, 東京.gguf", "Seed", "7", "Command", "lens run heads.js --arg 'k=a \"b\" <c>'")));

    @Test void everyFormatSaysWhereItIsFrom() throws Exception {
        ByteArrayOutputStream png = new ByteArrayOutputStream(), svg = new ByteArrayOutputStream(),
                pdf = new ByteArrayOutputStream();
        heads.write(Picture.PNG, png, ABOUT);
        heads.write(Picture.SVG, svg, ABOUT);
        heads.write(Picture.PDF, pdf, ABOUT);
        Map<String, String> expected = new TreeMap<>(ABOUT.entries());
        expected.put("Title", "Induction ▁ score");
        assertEquals(expected, inPng(png.toByteArray()));

        Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.toByteArray())).getDocumentElement();
        assertEquals("Induction ▁ score", root.getElementsByTagName("title").item(0).getTextContent());
        Element run = (Element) root.getElementsByTagName("lens:run").item(0);
        ABOUT.entries().forEach((name, value) -> assertEquals(value, run.getAttribute(name.toLowerCase())));

        try (PDDocument document = Loader.loadPDF(pdf.toByteArray())) {
            PDDocumentInformation information = document.getDocumentInformation();
            assertEquals("Induction ▁ score", information.getTitle());
            assertEquals("TornadoLens 1", information.getCreator());
            for (String name : List.of("Model", "Seed", "Command"))
                assertEquals(ABOUT.entries().get(name), information.getCustomMetadataValue(name));
            assertNull(information.getCreationDate(), "no date");
        }
    }

    private static Map<String, String> inPng(byte[] png) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(png)));
        Element root = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
        Map<String, String> found = new TreeMap<>();
        NodeList latin = root.getElementsByTagName("tEXtEntry"), unicode = root.getElementsByTagName("iTXtEntry");
        for (int i = 0; i < latin.getLength(); i++)
            found.put(((Element) latin.item(i)).getAttribute("keyword"),
                    ((Element) latin.item(i)).getAttribute("value"));
        for (int i = 0; i < unicode.getLength(); i++)
            found.put(((Element) unicode.item(i)).getAttribute("keyword"),
                    ((Element) unicode.item(i)).getAttribute("text"));
        return found;
    }

    private static Element svg(Chart chart) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(written(chart, Picture.SVG))).getDocumentElement();
    }

    /** A PDF reader paints what the PNG shows, but for a few pixels at edges, relative to those that are not white. */
    @Test void aPdfShowsWhatThePngShows() throws IOException {
        for (Chart chart : List.of(heads,
                LineChart.of(Values.of(Samples.heads(2, 30)), Options.NONE.title("Two lines")))) {
            assertPdfLikePng(chart);
        }
    }

    private static void assertPdfLikePng(Chart chart) throws IOException {
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
