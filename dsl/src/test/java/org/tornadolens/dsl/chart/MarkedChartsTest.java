package org.tornadolens.dsl.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;
import static org.tornadolens.dsl.chart.Samples.heads;
import static org.tornadolens.dsl.chart.Samples.tensor;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tornadolens.tensor.Tensor;

/** What charts show besides their numbers: annotated cells, reference lines, bands, styles, a common scale. */
class MarkedChartsTest {

    // ---- heat maps

    @Test void everyCellWithRoomShowsItsNumber() {
        Tensor scores = heads(6, 8);
        Drawing drawing = Heatmap.of(scores, Options.NONE.annotate(Integer.MAX_VALUE)).draw(Chart.PLOT);
        Samples.assertReadable(drawing, "annotated");
        Rectangle2D plot = drawing.plot();
        for (int layer = 0; layer < 6; layer++) {
            for (int head = 0; head < 8; head++) {
                Rectangle2D cell = cell(plot, layer, 6, head, 8);
                Label number = drawing.labels().stream().filter(label -> cell.contains(label.x(), label.y()))
                        .findFirst().orElseThrow();
                assertTrue(cell.contains(number.box().getMinX(), cell.getCenterY())
                        && cell.contains(number.box().getMaxX(), cell.getCenterY()), "inside its cell: " + number);
                assertEquals(scores.get(layer, head), Double.parseDouble(number.text().replace('−', '-')), 0.051);
            }
        }
    }

    @Test void aNumberCanBeReadOnItsCell() {
        Tensor scores = tensor("layer", 5, "head", 5, (i, j) -> (5 * i + j) / 24.0);
        Heatmap map = Heatmap.of(scores, Options.NONE.annotate(Integer.MAX_VALUE));
        Drawing drawing = map.draw(Chart.PLOT);
        Colors colors = Colors.of(map.values(), map.options());
        int shown = 0;
        for (Label label : drawing.labels()) {
            if (!drawing.plot().contains(label.x(), label.y())) continue;
            shown++;
            int row = (int) ((label.y() - drawing.plot().getY()) / drawing.plot().getHeight() * 5);
            int column = (int) ((label.x() - drawing.plot().getX()) / drawing.plot().getWidth() * 5);
            double ground = ColorMap.lightness(colors.rgb(scores.get(row, column)));
            double text = ColorMap.lightness(label.color().getRGB());
            assertTrue(Math.abs(ground - text) > 40, () -> label + " of lightness " + text + " on " + ground);
        }
        assertEquals(25, shown);
    }

    @Test void theStrongestCellsAreOutlinedAndTheirNumbersStandInThemOrBesideThem() {
        Tensor scores = tensor("layer", 30, "head", 9, (i, j) -> i == 20 && j == 4 ? -0.93 : i == 3 && j == 1 ? 0.71
                : 0.1 * Math.sin(i + j));
        Drawing drawing = Heatmap.of(scores, Options.NONE.annotate(2)).draw(Chart.PLOT);
        Samples.assertReadable(drawing, "two strongest");
        List<String> inside = drawing.labels().stream()
                .filter(label -> drawing.plot().contains(label.x(), label.y())).map(Label::text).toList();
        assertEquals(List.of("−0.93", "0.71"), inside);
        BufferedImage image = Png.image(drawing);
        assertOutlined(true, drawing, image, 20, 4);
        assertOutlined(true, drawing, image, 3, 1);
        assertOutlined(false, drawing, image, 12, 6);
    }

    @Test void cellsThatLookLikeZeroAreNotAmongTheStrongest() {
        Tensor scores =
                tensor("layer", 30, "head", 9, (i, j) -> i == 20 && j == 4 ? 0.8 : i == 3 && j == 1 ? 0.06 : 0.01);
        Drawing drawing = Heatmap.of(scores, Options.NONE.annotate(5).range(0, 1)).draw(Chart.PLOT);
        assertEquals(List.of("0.80", "0.06"), drawing.labels().stream()
                .filter(label -> drawing.plot().contains(label.x(), label.y())).map(Label::text).toList());
    }

    @Test void chosenCellsAreOutlined() {
        Tensor white = tensor("layer", 30, "head", 9, (i, j) -> i == 0 && j == 0 ? 1 : 0);
        Drawing drawing = Heatmap.of(white,
                Options.NONE.mark(List.of(Map.of("layer", 7, "head", 2), Map.of("y", 15, "x", 8)))).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        assertOutlined(true, drawing, image, 7, 2);
        assertOutlined(true, drawing, image, 15, 8);
        assertOutlined(false, drawing, image, 20, 4);
        assertFails("mark: head 9 is not in [layer 30, head 9]",
                () -> Heatmap.of(white, Options.NONE.mark(List.of(Map.of("layer", 7, "head", 9)))));
        assertFails("mark: a cell is { layer: 0, head: 0 } here, by the axes of [layer 30, head 9], not {pos=1}",
                () -> Heatmap.of(white, Options.NONE.mark(List.of(Map.of("pos", 1)))));
    }

    private static void assertOutlined(boolean outlined, Drawing drawing, BufferedImage image, int row, int column) {
        Rectangle2D cell = cell(drawing.plot(), row, 30, column, 9);
        int dark = 0;
        for (double part = 0.3; part <= 0.7; part += 0.1) {
            if (dark(image, cell.getX() + part * cell.getWidth(), cell.getY())) dark++;
            if (dark(image, cell.getX(), cell.getY() + part * cell.getHeight())) dark++;
        }
        assertEquals(outlined, dark >= 9, "cell " + row + ", " + column + ": " + dark + " of 10 places are dark");
    }

    private static boolean dark(BufferedImage image, double x, double y) {
        Color pixel = Samples.pixel(image, x, y);
        return Math.max(pixel.getRed(), Math.max(pixel.getGreen(), pixel.getBlue())) < 90;
    }

    private static Rectangle2D cell(Rectangle2D plot, int row, int rows, int column, int columns) {
        double width = plot.getWidth() / columns, height = plot.getHeight() / rows;
        return new Rectangle2D.Double(plot.getX() + column * width, plot.getY() + row * height, width, height);
    }

    @Test void theColourBarSaysWhatItsColoursAre() {
        Drawing drawing = Heatmap.of(heads(4, 4), Options.NONE.label("share restored")).draw(Chart.PLOT);
        Label label = drawing.labels().stream().filter(one -> one.text().equals("share restored")).findFirst()
                .orElseThrow();
        assertTrue(label.upward() && label.x() > drawing.plot().getMaxX());
        Samples.assertReadable(drawing, "labelled colour bar");
    }

    @Test void anOutlierDoesNotDecideARobustRange() {
        Values scores = Values.of(tensor("layer", 20, "head", 20,
                (i, j) -> i == 3 && j == 3 ? 1000 : Math.sin(1 + 20 * i + j)));
        Scale plain = Colors.of(scores, Options.NONE).scale(),
                robust = Colors.of(scores, Options.NONE.robust()).scale();
        assertEquals(1000, plain.hi());
        assertEquals(1, robust.hi());
        assertEquals(-robust.hi(), robust.lo(), "centred on zero");
    }

    // ---- grids

    private static Heatmap panel(double largest, Options options) {
        return Heatmap.of(tensor("layer", 6, "head", 6, (i, j) -> i == 0 && j == 0 ? largest : 1), options);
    }

    @Test void heatMapsOfOneQuantityShareTheirScaleAndOneColourBar() {
        Options score = Options.NONE.label("score");
        List<Chart> charts = List.of(panel(1, score.title("a")), panel(4, score.title("b")));
        Drawing shared = new Grid(charts, Options.NONE).draw(Chart.PLOT);
        assertEquals(1, count(shared, "score"), "one colour bar");
        assertEquals(1, distinct(shared, charts).size(), "1 has the same colour in both");
        Drawing own = new Grid(charts, Options.NONE.shared(false)).draw(Chart.PLOT);
        assertEquals(2, count(own, "score"), "a colour bar each");
        assertEquals(2, distinct(own, charts).size(), "1 is the strongest in one of them");
    }

    /** Returns the colours of a cell with 1 in each chart, which its title finds. */
    private static HashSet<Color> distinct(Drawing grid, List<Chart> charts) {
        BufferedImage image = Png.image(grid);
        HashSet<Color> colors = new HashSet<>();
        for (Chart chart : charts) {
            Label title = grid.labels().stream().filter(label -> label.text().equals(chart.options().title()))
                    .findFirst().orElseThrow();
            colors.add(Samples.pixel(image, title.x() + 5, title.y() + 90));
        }
        return colors;
    }

    private static long count(Drawing drawing, String text) {
        return drawing.labels().stream().filter(label -> label.text().equals(text)).count();
    }

    @Test void whatIsNotOneQuantityHasScalesOfItsOwn() {
        Chart score = panel(1, Options.NONE.label("score")), share = panel(1, Options.NONE.label("share"));
        Drawing grid = new Grid(List.of(score, share), Options.NONE).draw(Chart.PLOT);
        assertEquals(1, count(grid, "score"));
        assertEquals(1, count(grid, "share"));
        assertFails("scale: \"shared\" needs heat maps of one quantity",
                () -> new Grid(List.of(score, share), Options.NONE.shared(true)));
        assertFails("scale: \"shared\" needs a grid of heat maps only",
                () -> new Grid(List.of(score, BarChart.of(Values.of(1, 2), Options.NONE)), Options.NONE.shared(true)));
        assertFails("scale: \"shared\" needs heat maps of one quantity",
                () -> new Grid(List.of(score, panel(2, Options.NONE.label("score").range(0, 1))),
                        Options.NONE.shared(true)));
    }

    @Test void titlesOfEqualAxesAreWrittenOnceForEachRowAndColumn() {
        List<Chart> charts = new ArrayList<>();
        for (int i = 0; i < 5; i++) charts.add(panel(1, Options.NONE.title("panel " + i)));
        Drawing grid = new Grid(charts, Options.NONE.columns(3)).draw(Chart.PLOT);
        assertEquals(3, count(grid, "head"), "under each column, also under the shorter one");
        assertEquals(2, count(grid, "layer"), "left of each row");
        assertEquals(3 + 2, count(grid, "5"), "and so are the numbers of the last head and layer");
        Samples.assertReadable(grid, "grid of five");
        List<Chart> different = List.of(panel(1, Options.NONE), Heatmap.of(heads(4, 4), Options.NONE.y("depth")));
        Drawing both = new Grid(different, Options.NONE.columns(2)).draw(Chart.PLOT);
        assertEquals(1, count(both, "layer"));
        assertEquals(1, count(both, "depth"));
    }

    @Test void panelsAreLetteredInOrder() {
        List<Chart> charts = List.of(panel(1, Options.NONE.title("first")), panel(1, Options.NONE));
        List<String> texts = Samples.texts(new Grid(charts, Options.NONE.letters(true)).draw(Chart.PLOT));
        assertTrue(texts.containsAll(List.of("(a) first", "(b)")), texts.toString());
    }

    // ---- reference lines

    private static Reference y(double at, String label) {
        return new Reference(Optional.empty(), Optional.of(at), label, "solid");
    }

    @Test void aReferenceLineStandsAtItsNumberWithItsLabelBesideIt() {
        Drawing drawing = LineChart.of(Values.of(3, 3.2, 2.9, 3.1), Options.NONE.range(0, 4)
                .references(List.of(y(1, "chance"), new Reference(Optional.of(2.0), Optional.empty(), "", "solid"))))
                .draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Rectangle2D plot = drawing.plot();
        int grey = 0;
        for (double part = 0.02; part < 1; part += 0.02)
            if (grey(image, plot.getX() + part * plot.getWidth(), plot.getMaxY() - plot.getHeight() / 4)) grey++;
        assertTrue(grey >= 45, grey + " of 49 places of the line at y = 1 are grey");
        Label label = drawing.labels().stream().filter(one -> one.text().equals("chance")).findFirst().orElseThrow();
        assertTrue(plot.contains(label.box()), "inside the plot");
        assertEquals(plot.getMaxY() - plot.getHeight() / 4, label.y(), 12, "beside its line");
        Samples.assertReadable(drawing, "reference");
    }

    private static boolean grey(BufferedImage image, double x, double y) {
        for (double off = -0.75; off <= 0.75; off += 0.25) {
            Color pixel = Samples.pixel(image, x, y + off);
            if (Math.abs(pixel.getRed() - 0x6B) < 40 && Math.abs(pixel.getRed() - pixel.getBlue()) < 10) return true;
        }
        return false;
    }

    @Test void theAxisReachesItsReferenceLines() {
        Drawing drawing = LineChart.of(Values.of(1, 2, 3), Options.NONE.references(List.of(y(10, "bound"))))
                .draw(Chart.PLOT);
        assertTrue(Samples.texts(drawing).contains("10"));
        Drawing bars = BarChart.of(Values.of(1, 2, 3), Options.NONE.references(List.of(y(10, "bound"))))
                .draw(Chart.PLOT);
        assertTrue(Samples.texts(bars).containsAll(List.of("10", "bound")));
    }

    @Test void equalityIsTheDiagonal() {
        Reference equal = new Reference(Optional.empty(), Optional.empty(), "y = x", "solid");
        for (String log : List.of("", "xy")) {
            Options options = Options.NONE.references(List.of(equal)).range(1, 100);
            Drawing drawing = ScatterChart.of(Values.of(1, 100), Values.of(99, 2),
                    log.isEmpty() ? options : options.log(log)).draw(Chart.PLOT);
            BufferedImage image = Png.image(drawing);
            Rectangle2D plot = drawing.plot();
            for (double part : new double[]{0.2, 0.35, 0.5})
                assertTrue(grey(image, plot.getX() + (0.03 + part) / 1.06 * plot.getWidth(),
                        plot.getMaxY() - (log.isEmpty() ? part : (0.03 + part) / 1.06) * plot.getHeight()),
                        log + " at " + part);
            assertTrue(Samples.texts(drawing).contains("y = x"));
        }
    }

    @Test void whatIsNoReferenceIsRefused() {
        assertFails("a reference line is at one x or at one y",
                () -> new Reference(Optional.of(1.0), Optional.of(1.0), "", "solid"));
        assertFails("a reference line is at a finite number, not NaN", () -> y(Double.NaN, ""));
        assertFails("a bar chart has reference lines at y only", () -> BarChart.of(Values.of(1), Options.NONE
                .references(List.of(new Reference(Optional.empty(), Optional.empty(), "", "solid")))));
        assertFails("a logarithmic y axis takes only positive numbers, but the reference line is at 0.0",
                () -> LineChart.of(Values.of(1, 2), Options.NONE.log("y").references(List.of(y(0, "")))));
    }

    // ---- bands, error bars, styles

    @Test void aBandReachesFromItsLowerToItsUpperEnds() {
        Spread band = new Spread(new double[]{1, 1, 1}, new double[]{3, 3, 3});
        Drawing drawing =
                LineChart.of(Values.of(1.5, 1.5, 1.5), Options.NONE.range(0, 4).band(band)).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Rectangle2D plot = drawing.plot();
        for (double value = 0.15; value < 4; value += 0.1) {
            if (Math.abs(value - 1.5) < 0.15 || Math.abs(value - 1) < 0.06 || Math.abs(value - 3) < 0.06) continue;
            Color pixel = Samples.pixel(image, plot.getX() + plot.getWidth() / 4, plot.getMaxY() - value / 4
                    * plot.getHeight());
            boolean tinted = pixel.getBlue() - pixel.getRed() > 20;
            assertEquals(value > 1 && value < 3, tinted, "at " + value + ": " + pixel);
        }
    }

    @Test void anErrorBarOfALogarithmicAxisHasItsEndsAtTheirPowers() {
        Spread ends = new Spread(new double[]{1, 0}, new double[]{1000, 100});
        Drawing drawing = LineChart.of(Values.of(10, 10), Options.NONE.log("y").errors(ends).range(0.1, 10_000))
                .draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Color color = Palette.of(0, 1);
        double x = drawing.plot().getX() + 0.03 / 1.06 * drawing.plot().getWidth();
        for (double exponent = -0.5; exponent < 3.6; exponent += 0.2)
            assertEquals(exponent > 0 && exponent < 3, colored(image, x, down(drawing, exponent, -1, 4), color),
                    "10^" + exponent);
        double last = drawing.plot().getX() + 1.03 / 1.06 * drawing.plot().getWidth();
        assertTrue(colored(image, last, down(drawing, -0.9, -1, 4), color), "an end at 0 reaches the axis");
        assertFalse(colored(image, last, down(drawing, 2.5, -1, 4), color));
    }

    /** Returns the height of an exponent on an axis with the margin that all axes of points have. */
    private static double down(Drawing drawing, double exponent, double lo, double hi) {
        double margin = 0.03 * (hi - lo);
        return drawing.plot().getMaxY()
                - (exponent - lo + margin) / (hi - lo + 2 * margin) * drawing.plot().getHeight();
    }

    private static boolean colored(BufferedImage image, double x, double y, Color color) {
        for (double off = -0.75; off <= 0.75; off += 0.25) {
            Color pixel = Samples.pixel(image, x + off, y);
            if (Math.abs(pixel.getRed() - color.getRed()) + Math.abs(pixel.getBlue() - color.getBlue()) < 60)
                return true;
        }
        return false;
    }

    @Test void aPointHasErrorBarsInBothDirections() {
        Drawing drawing = ScatterChart.of(Values.of(1, 2, 3), Values.of(2, 2, 2),
                Options.NONE.range(0, 4).xErrors(Spread.of(Double.NaN, 0.5, Double.NaN)).errors(Spread.of(0, 1, 0)))
                .draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Rectangle2D plot = drawing.plot();
        Color color = Palette.of(0, 1);
        assertTrue(colored(image, plot.getCenterX(), plot.getCenterY() - plot.getHeight() * 0.2, color));
        assertFalse(colored(image, plot.getCenterX(), plot.getCenterY() - plot.getHeight() * 0.3, color));
        assertTrue(coloredRow(image, plot.getCenterX() + plot.getWidth() * 0.2, plot.getCenterY(), color));
        assertFalse(coloredRow(image, plot.getCenterX() + plot.getWidth() * 0.3, plot.getCenterY(), color));
        assertFails("lower end 0 is 3.0, above the upper end 1.0", () -> new Spread(new double[]{3}, new double[]{1}));
    }

    private static boolean coloredRow(BufferedImage image, double x, double y, Color color) {
        for (double off = -0.75; off <= 0.75; off += 0.25)
            if (colored(image, x, y + off, color)) return true;
        return false;
    }

    @Test void aDashedLineHasGapsAndTheLegendShowsThem() {
        double[] flat = new double[100];
        Drawing solid = line(flat, "solid"), dashed = line(flat, "dashed");
        assertEquals(1, painted(solid), 0.02);
        assertEquals(5 / 8.0, painted(dashed), 0.05, "5 points drawn, 3 left free");
        assertFails("styles: no series \"b\"", () -> LineChart.of(Values.of(1, 2),
                Options.NONE.series(List.of("a")).styles(Map.of("b", "dashed"))));
    }

    private static Drawing line(double[] flat, String style) {
        return LineChart.of(Values.of(flat), Options.NONE.range(-1, 3).styles(Map.of("", style))).draw(Chart.PLOT);
    }

    private static double painted(Drawing drawing) {
        BufferedImage image = Png.image(drawing);
        Rectangle2D plot = drawing.plot();
        int painted = 0, all = 0;
        for (double part = 0.1; part < 0.9; part += 0.001, all++) {
            Color pixel = Samples.pixel(image, plot.getX() + part * plot.getWidth(),
                    plot.getMaxY() - plot.getHeight() / 4);
            if (pixel.getBlue() - pixel.getRed() > 50) painted++;   // the line, not the grey one at zero
        }
        return (double) painted / all;
    }

    // ---- labels

    @Test void longLabelsWithACommonStartStillDifferWhenShortened() {
        List<String> names = List.of("blocks.3.attn.hook_pattern of head 1", "blocks.3.attn.hook_pattern of head 2");
        for (String kind : List.of("heat map", "bars")) {
            Drawing drawing = (kind.equals("bars") ? BarChart.of(Values.of(1, 2), Options.NONE.labels(names))
                    : Heatmap.of(tensor("site", 2, "head", 40, (i, j) -> j), Options.NONE.labels("site", names)))
                    .draw(100);
            List<String> shown = Samples.texts(drawing).stream().filter(text -> text.contains("…")).toList();
            assertEquals(2, shown.size(), kind);
            assertEquals(2, shown.stream().distinct().count(), shown.toString());
            assertTrue(shown.getFirst().endsWith("1") && shown.getLast().endsWith("2"), shown.toString());
        }
    }
}
