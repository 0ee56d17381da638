package org.tornadolens.dsl.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;
import static org.tornadolens.dsl.chart.Samples.heads;
import static org.tornadolens.dsl.chart.Samples.tensor;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Figures of a given width: as wide as asked for, their text in print size, and no text over another. */
class PaperTest {

    private static final double SMALLEST = 8, LARGEST = 10, PAGE = 9 * 72;   // points; the height of a page

    /** What papers on language models show, by name; each is made with the options of a test. */
    private static final Map<String, Function<Options, Chart>> FIGURES = figures();

    private static Map<String, Function<Options, Chart>> figures() {
        Map<String, Function<Options, Chart>> all = new LinkedHashMap<>();
        for (int[] size : new int[][]{{30, 9}, {32, 32}, {12, 12}, {6, 8}, {2, 64}, {64, 2}, {1, 1}, {80, 100}})
            all.put(size[0] + " layers of " + size[1] + " heads", with -> Heatmap.of(heads(size[0], size[1]),
                    with.title("Logit difference written by each head").label("logit difference").annotate(5)));
        for (int tokens : new int[]{5, 20, 64})
            all.put(tokens + " tokens", with -> Heatmap.of(tensor("dest", tokens, "src", tokens, (i, j) -> 1 + i - j),
                    with.labels(Samples.tokens(tokens)).label("attention")));
        all.put("small numbers", with -> Heatmap.of(tensor("layer", 4, "head", 5, (i, j) -> (i + j) * 1e-6), with));
        for (int count : new int[]{1, 3, 12})
            all.put(count + " lines", with -> LineChart.of(tensor("layer", count, "pos", 40, (i, j) -> i + j * 1e5),
                    with.title("Accuracy").x("position").y("share of the answer's probability that is restored")
                            .references(
                                    List.of(new Reference(Optional.empty(), Optional.of(2e6), "chance", "dashed")))));
        all.put("bars", with -> BarChart.of(tensor("kind", 3, "layer", 7, (i, j) -> i - j),
                with.labels("layer", List.of("blocks.3.attn.hook_z of the first head", "b", "c", "d", "e", "f",
                        "blocks.3.attn.hook_z of the second head"))
                        .series(List.of("clean", "corrupted", "with the heads that move the name knocked out"))));
        all.put("labelled points", with -> ScatterChart.of(
                Values.of(IntStream.range(0, 90).mapToDouble(Math::sin).toArray()),
                Values.of(IntStream.range(0, 90).mapToDouble(Math::cos).toArray()),
                with.x("promised by the weights").y("measured")
                        .labels(IntStream.range(0, 90).mapToObj(i -> i / 9 + "." + i % 9).toList())
                        .references(List.of(new Reference(Optional.empty(), Optional.empty(), "y = x", "dashed")))));
        all.put("histogram", with -> Histogram.of(Values.of(heads(30, 9)), with.title("Scores").x("score")));
        for (int panels : new int[]{2, 5, 9})
            all.put("grid of " + panels + " heat maps", with -> new Grid(IntStream.range(0, panels)
                    .mapToObj(i -> (Chart) Heatmap.of(heads(30, 9), Options.NONE.title("Previous token heads " + i)
                            .label("score")))
                    .toList(), with.title("Scores of every head").letters(true)));
        all.put("grid of several kinds", with -> new Grid(List.of(
                Heatmap.of(heads(12, 12), Options.NONE.title("Heads")),
                LineChart.of(heads(3, 12), Options.NONE.title("Lines")),
                BarChart.of(Values.of(1, 2, 3), Options.NONE.labels(Samples.tokens(3))),
                Histogram.of(Values.of(heads(30, 9)), Options.NONE.title("Scores"))), with.letters(true)));
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"column", "page", "4in", "120mm"}) void textIsInPrintSizeAndNoneLiesOverAnother(
            String width) {
        Width wanted = Width.of(width);
        FIGURES.forEach((name, figure) -> {
            Drawing drawing = figure.apply(Options.NONE.width(wanted)).laidOut();
            assertEquals(wanted.points(), drawing.width(), 0.01, name);
            assertTrue(drawing.height() <= PAGE, name + " is " + drawing.height() + " high");
            for (Label label : drawing.labels()) {
                double size = label.font().getSize2D();
                assertTrue(size >= SMALLEST - 1e-3 && size <= LARGEST, name + ": " + label);
            }
            Samples.assertReadable(drawing, name + " at " + width);
        });
    }

    @Test void aFigureFillsItsColumn() {
        for (String name : List.of("30 layers of 9 heads", "32 layers of 32 heads", "64 tokens", "3 lines", "histogram",
                "grid of 5 heat maps")) {
            Drawing drawing = FIGURES.get(name).apply(Options.NONE.width(Width.of("column"))).laidOut();
            double left = drawing.labels().stream().mapToDouble(label -> label.box().getMinX()).min().orElseThrow();
            assertTrue(left < 12, name + " starts " + left + " points from the left");
        }
    }

    @Test void aPngHas300DotsPerInchAndSvgAndPdfAreInPoints() throws IOException {
        for (Map.Entry<String, Integer> one : Map.of("column", 975, "page", 2025, "4in", 1200).entrySet()) {
            Chart chart = FIGURES.get("12 layers of 12 heads").apply(Options.NONE.width(Width.of(one.getKey())));
            byte[] png = written(chart, Picture.PNG);
            BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
            assertEquals(one.getValue(), image.getWidth(), one.getKey());
            assertEquals(300, dotsPerInch(png), one.getKey());
            double points = one.getValue() * 72 / 300.0;
            String svg = new String(written(chart, Picture.SVG), StandardCharsets.UTF_8);
            assertTrue(svg.contains("width=\"" + (int) points + "pt\""), svg.substring(0, 400));
            try (PDDocument pdf = Loader.loadPDF(written(chart, Picture.PDF))) {
                assertEquals(points, pdf.getPage(0).getMediaBox().getWidth(), 0.01);
            }
        }
    }

    @Test void aWidthInPixelsIsThatOfThePng() throws IOException {
        Chart chart = FIGURES.get("3 lines").apply(Options.NONE.width(Width.ofPixels(801)));
        byte[] png = written(chart, Picture.PNG);
        assertEquals(801, ImageIO.read(new ByteArrayInputStream(png)).getWidth());
        assertEquals(144, dotsPerInch(png));
    }

    private static long dotsPerInch(byte[] png) {
        int resolution = new String(png, StandardCharsets.ISO_8859_1).indexOf("pHYs");
        return Math.round(ByteBuffer.wrap(png).getInt(resolution + 4) * 0.0254);
    }

    private static byte[] written(Chart chart, Picture picture) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        chart.write(picture, out);
        return out.toByteArray();
    }

    @Test void whatIsNoWidthIsRefused() {
        assertEquals(List.of(234.0, 486.0, 288.0, 72.0), List.of(Width.of("column").points(), Width.of("page").points(),
                Width.of("4in").points(), Width.of("25.4 mm").points()));
        assertFails("width \"wide\" is not one: give \"column\" (3.25in), \"page\" (6.75in), a length such as \"4in\"",
                () -> Width.of("wide"));
        assertFails("width \"4\" is not one", () -> Width.of("4"));
        assertFails("width \"0.5in\" is out of range", () -> Width.of("0.5in"));
        assertFails("width 20 pixels is out of range", () -> Width.ofPixels(20));
    }

    @Test void manyPanelsStayWithinAPage() {
        List<Chart> panels = new ArrayList<>();
        for (int i = 0; i < 24; i++) panels.add(Heatmap.of(heads(30, 9), Options.NONE.title("panel " + i)));
        Drawing grid = new Grid(panels, Options.NONE.width(Width.of("page"))).laidOut();
        assertTrue(grid.height() <= PAGE, grid.height() + " high");
        Samples.assertReadable(grid, "24 panels");
    }

    @Test void aLegendThatWouldTakeHalfAColumnStandsUnderThePlot() {
        List<String> names = List.of("with the name movers knocked out", "with the induction heads knocked out");
        Drawing narrow = LineChart.of(heads(2, 9), Options.NONE.series(names).width(Width.of("column"))).laidOut();
        for (Label label : narrow.labels())
            if (names.contains(label.text())) assertTrue(label.y() > narrow.plot().getMaxY(), label.text());
        assertTrue(narrow.plot().getWidth() > 150, "the plot keeps its room: " + narrow.plot());
        assertTrue(Samples.texts(narrow).containsAll(names));
    }

    @Test void aColumnHasRoomForFewerPanelsInARow() {
        List<Chart> panels = new ArrayList<>();
        for (int i = 0; i < 6; i++) panels.add(Heatmap.of(heads(12, 12), Options.NONE.title("panel " + i)));
        Grid page = new Grid(panels, Options.NONE.columns(6).width(Width.of("page")));
        Grid column = new Grid(panels, Options.NONE.columns(6).width(Width.of("column")));
        assertEquals(6, inARow(page.laidOut()));
        assertTrue(inARow(column.laidOut()) < 6 && inARow(column.laidOut()) >= 2, "as many as can be read");
    }

    private static long inARow(Drawing grid) {
        double first = grid.labels().stream().filter(label -> label.text().equals("panel 0")).findFirst().orElseThrow()
                .y();
        return grid.labels().stream().filter(label -> label.text().startsWith("panel") && label.y() == first).count();
    }

    @Test void withoutAWidthAChartIsAsLargeAsBefore() {
        Drawing drawing = Heatmap.of(heads(12, 12), Options.NONE).laidOut();
        assertEquals(Chart.PLOT, drawing.plot().getWidth(), 3);
    }
}
