package org.tornadolens.dsl.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.Samples.cell;
import static org.tornadolens.dsl.chart.Samples.heads;
import static org.tornadolens.dsl.chart.Samples.tensor;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class HeatmapTest {

    @Test void layerZeroIsOnTopAndHeadZeroAtTheLeft() {
        Heatmap map = Heatmap.of(tensor("layer", 3, "head", 4, (layer, head) -> layer == 0 && head == 3 ? 1 : 0),
                Options.NONE);
        Drawing drawing = map.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        for (int layer = 0; layer < 3; layer++) {
            for (int head = 0; head < 4; head++) {
                Color color = cell(drawing, image, layer, 3, head, 4);
                if (layer == 0 && head == 3)
                    assertTrue(color.getRed() < 60 && color.getBlue() > color.getRed(),
                            () -> "dark blue, not " + color);
                else
                    assertEquals(Color.WHITE, color, "layer " + layer + ", head " + head);
            }
        }
        List<Label> rows = drawing.labels().stream()
                .filter(label -> label.x() < drawing.plot().getX() && List.of("0", "1", "2").contains(label.text()))
                .toList();
        assertEquals(List.of("0", "1", "2"), rows.stream().map(Label::text).toList());
        assertTrue(rows.get(0).y() < rows.get(1).y() && rows.get(1).y() < rows.get(2).y());
    }

    @Test void everyCellHasTheColourThatTheBarGivesItsValue() {
        for (int size : new int[]{1, 4, 12, 32, 64, 100}) {
            Tensor scores = heads(size, size);
            Heatmap map = Heatmap.of(scores, Options.NONE.diverging(true).range(-1, 1));
            Drawing drawing = map.draw(Chart.PLOT);
            BufferedImage image = Png.image(drawing);
            Colors colors = Colors.of(map.values(), map.options());
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    assertEquals(new Color(colors.rgb(scores.get(i, j))), cell(drawing, image, i, size, j, size),
                            size + ": " + i + ", " + j);
                }
            }
        }
    }

    @Test void theColourBarShowsTheSameColours() {
        Heatmap map = Heatmap.of(heads(8, 8), Options.NONE.range(-1, 1));
        Drawing drawing = map.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Colors colors = Colors.of(map.values(), map.options());
        for (String tick : List.of("−0.5", "0", "0.5")) {
            Label label = drawing.labels().stream()
                    .filter(l -> l.text().equals(tick) && l.x() > drawing.plot().getMaxX()).findFirst().orElseThrow();
            Color bar = Samples.pixel(image, drawing.plot().getMaxX() + 12 + 4, label.y());
            Color expected = new Color(colors.rgb(Double.parseDouble(tick.replace('−', '-'))));
            assertTrue(distance(bar, expected) <= 6, () -> tick + ": " + bar + " is not " + expected);
        }
    }

    @Test void zeroIsWhiteBelowIsBlueAndAboveIsRed() {
        Heatmap map = Heatmap.of(Tensor.of(Shape.of("layer", 1, "head", 5), -2, -1, 0, 1, 2), Options.NONE);
        Drawing drawing = map.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        assertEquals(Color.WHITE, cell(drawing, image, 0, 1, 2, 5));
        for (int aside = 1; aside <= 2; aside++) {
            Color below = cell(drawing, image, 0, 1, 2 - aside, 5), above = cell(drawing, image, 0, 1, 2 + aside, 5);
            assertTrue(below.getBlue() > below.getRed() + 20, () -> "blue: " + below);
            assertTrue(above.getRed() > above.getBlue() + 20, () -> "red: " + above);
            assertEquals(ColorMap.lightness(below.getRGB()), ColorMap.lightness(above.getRGB()), 2,
                    "equally far from zero, equally dark");
        }
    }

    @Test void zeroStaysWhiteInARangeThatIsNotSymmetric() {
        Heatmap map = Heatmap.of(Tensor.of(Shape.of("layer", 1, "head", 3), -0.5f, 0, 3), Options.NONE.range(-1, 3));
        assertEquals(0xFFFFFF, Colors.of(map.values(), map.options()).rgb(0));
    }

    @Test void aCellWithoutAValueIsGreyAndNeverBlack() {
        Heatmap map = Heatmap.of(tensor("layer", 6, "head", 6, (i, j) -> j >= i ? Double.NaN : i - j), Options.NONE);
        assertBlank(map, 6, 0, 3);
        Heatmap fine = Heatmap.of(tensor("dest", 80, "src", 80, (i, j) -> j > i ? Double.NaN : 1), Options.NONE);
        assertBlank(fine, 80, 10, 70);
    }

    private static void assertBlank(Heatmap map, int size, int row, int column) {
        Drawing drawing = map.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Rectangle2D plot = drawing.plot();
        double side = plot.getWidth() / size;
        for (double dx = 0.2; dx < 0.8; dx += 0.1) {
            for (double dy = 0.2; dy < 0.8; dy += 0.1) {
                Color color = Samples.pixel(image, plot.getX() + (column + dx) * side, plot.getY() + (row + dy) * side);
                assertTrue(color.getRed() == color.getGreen() && color.getGreen() == color.getBlue(),
                        () -> "grey: " + color);
                assertTrue(color.getRed() >= 0xA0 && color.getRed() < 0xFF,
                        () -> "light, and not the white of a zero: " + color);
            }
        }
    }

    @Test void aMapWithoutAnyValueIsBlank() {
        assertBlank(Heatmap.of(tensor("layer", 2, "head", 2, (i, j) -> Double.NaN), Options.NONE), 2, 1, 1);
    }

    @Test void textsNeitherOverlapNorLeaveThePicture() {
        for (int[] size : new int[][]{{1, 1}, {1, 12}, {12, 1}, {4, 4}, {6, 8}, {12, 12}, {32, 32}, {22, 64}, {64, 64},
                {300, 300}, {3, 200}}) {
            for (double scale : new double[]{1, 1e-5, 3e8}) {
                Tensor scores = tensor("layer", size[0], "head", size[1], (i, j) -> scale * Math.sin(i + 2 * j));
                String what = size[0] + " x " + size[1] + " x " + scale;
                Samples.assertReadable(
                        Heatmap.of(scores, Options.NONE.title("Induction score of every head")).draw(Chart.PLOT), what);
                Samples.assertReadable(Heatmap.of(scores, Options.NONE.title(
                        "A title so long that it has to be broken into lines, however wide the plot itself may happen "
                                + "to be")
                        .x("the position that is attended to, counted from the first token")
                        .y("the layer, counted from the embedding upwards")).draw(120), what + ", long titles");
            }
        }
    }

    @Test void aPatternShowsEveryTokenUpTo64() {
        for (int tokens : new int[]{1, 7, 20, 40, 64}) {
            Heatmap map = Heatmap.of(tensor("dest", tokens, "src", tokens, (i, j) -> j > i ? 0 : 1.0 / (i + 1)),
                    Options.NONE.labels(Samples.tokens(tokens)));
            for (int plot : new int[]{Chart.PLOT, 120}) {
                Drawing drawing = map.draw(plot);
                Samples.assertReadable(drawing, tokens + " tokens");
                long the = Samples.tokens(tokens).stream().filter("▁The"::equals).count();
                assertEquals(2 * the, Samples.texts(drawing).stream().filter("␣The"::equals).count(),
                        tokens + " tokens, both axes");
            }
        }
    }

    @Test void upToSixteenLayersEachHasItsNumber() {
        for (int size = 1; size <= 16; size++) {
            Drawing drawing = Heatmap.of(heads(size, size), Options.NONE).draw(Chart.PLOT);
            Rectangle2D plot = drawing.plot();
            assertEquals(size, drawing.labels().stream().filter(l -> l.x() < plot.getX() && !l.upward()).count());
            assertEquals(size, drawing.labels().stream()
                    .filter(l -> l.y() > plot.getMaxY() && l.x() < plot.getMaxX() && l.text().matches("\\d+")).count());
        }
    }

    @Test void cellsAreSquareUnlessThePlotWouldBeAStripe() {
        assertEquals(1, aspect(12, 12), 0);
        assertEquals(1, aspect(22, 32), 0);
        assertEquals(1, aspect(6, 8), 0);
        assertTrue(aspect(4, 60) > 1.5);
    }

    private static double aspect(int rows, int columns) {
        Rectangle2D plot = Heatmap.of(heads(rows, columns), Options.NONE).draw(Chart.PLOT).plot();
        return (plot.getHeight() / rows) / (plot.getWidth() / columns);
    }

    @Test void theNamesOfTheAxesAreTheTitlesUnlessOthersAreGiven() {
        assertTrue(Samples.texts(Heatmap.of(heads(4, 4), Options.NONE).draw(Chart.PLOT))
                .containsAll(List.of("layer", "head")));
        List<String> given = Samples.texts(Heatmap.of(heads(4, 4), Options.NONE.x("Head").y("Layer")).draw(Chart.PLOT));
        assertTrue(given.containsAll(List.of("Layer", "Head")));
        assertTrue(!given.contains("layer") && !given.contains("head"));
    }

    @Test void aStripeThinnerThanAPixelIsNotLost() {
        Heatmap map = Heatmap.of(tensor("dest", 2, "src", 5000, (i, j) -> j == 1234 ? 1 : 0), Options.NONE);
        Drawing drawing = map.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        int y = (int) ((drawing.plot().getY() + drawing.plot().getHeight() / 4) * Png.SCALE), dark = 0;
        for (int x = (int) (drawing.plot().getX() * Png.SCALE) + 4;
                x < (int) (drawing.plot().getMaxX() * Png.SCALE) - 4; x++) {
            if (new Color(image.getRGB(x, y)).getRed() < 100) dark++;
        }
        assertTrue(dark >= 1 && dark <= 2, dark + " dark pixels");
    }

    @Test void axesOfLengthOneAreLeftOut() {
        Tensor pattern = Tensor.zeros(Shape.of("batch", 1, "head", 1, "dest", 5, "src", 5));
        assertEquals(Shape.of("dest", 5, "src", 5), Heatmap.of(pattern, Options.NONE).values().shape());
    }

    @Test void moreThanTwoAxesAreRefusedWithTheRemedy() {
        assertFails(
                "a heat map needs 2 axes, this tensor has [batch 2, head 4, dest 7, src 7]: take .at({ batch: 0, "
                        + "head: 0 })",
                () -> Heatmap.of(Tensor.zeros(Shape.of("batch", 2, "head", 4, "dest", 7, "src", 7)), Options.NONE));
        assertFails("a heat map needs 2 axes, this tensor has [pos 7]: draw a bar or a line chart",
                () -> Heatmap.of(Tensor.zeros(Shape.of("pos", 7)), Options.NONE));
    }

    @Test void anInfinityIsRefusedWithItsPlace() {
        assertFails(
                "the value at [dest 1, src 2] is -Infinity, which has no place in a chart: leave it out, or put NaN "
                        + "there for a blank",
                () -> Heatmap.of(tensor("dest", 3, "src", 3, (i, j) -> i == 1 && j == 2 ? Double.NEGATIVE_INFINITY : 0),
                        Options.NONE));
    }

    @Test void labelsMustFitTheirAxis() {
        assertFails("3 labels for axis head, which has 4 entries: give one for each",
                () -> Heatmap.of(heads(4, 4), Options.NONE.labels("head", List.of("a", "b", "c"))).draw(Chart.PLOT));
        assertFails("labels for an axis that [layer 4, head 4] has not: no axis \"haed\"; nearest: head",
                () -> Heatmap.of(heads(4, 4), Options.NONE.labels("haed", List.of("a"))));
        assertFails("3 labels, but no axis of [layer 4, head 4] has 3 entries",
                () -> Heatmap.of(heads(4, 4), Options.NONE.labels(List.of("a", "b", "c"))));
    }

    @Test void anOptionOfAnotherChartIsRefused() {
        assertFails("a heat map has no option \"bins\"", () -> Heatmap.of(heads(2, 2), Options.NONE.bins(4)));
        assertFails("range [1.0, 1.0] is not one: give [lo, hi], finite, lo below hi", () -> Options.NONE.range(1, 1));
    }

    @Test void anEmptyAxisIsRefused() {
        assertFails("nothing to draw: axis head of [layer 4, head 0] is empty",
                () -> Heatmap.of(Tensor.zeros(Shape.of("layer", 4, "head", 0)), Options.NONE));
    }

    static void assertFails(String start, org.junit.jupiter.api.function.Executable executable) {
        String message = assertThrows(UsageException.class, executable).getMessage();
        assertTrue(message.startsWith(start), () -> message + "\n instead of\n" + start);
    }

    private static int distance(Color a, Color b) {
        return Math.max(Math.abs(a.getRed() - b.getRed()),
                Math.max(Math.abs(a.getGreen() - b.getGreen()), Math.abs(a.getBlue() - b.getBlue())));
    }
}
