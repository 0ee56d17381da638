package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;
import static org.tornadolens.dsl.chart.Samples.tensor;

/** Lines, points, bars and histograms: marks are at the places that the axes show. */
class SeriesChartsTest {

    /**
     * Returns true if a mark of this colour is within a point of a place, a fraction of the plot from its lower left.
     */
    private static boolean marked(Drawing drawing, BufferedImage image, double across, double up, Color color) {
        Rectangle2D plot = drawing.plot();
        if (up < 0 || up > 1) return false;
        double x = plot.getX() + across * plot.getWidth(), y = plot.getMaxY() - up * plot.getHeight();
        for (double dx = -1; dx <= 1; dx += 0.25) {
            for (double dy = -1; dy <= 1; dy += 0.25) {
                Color pixel = Samples.pixel(image, x + dx, y + dy);
                if (Math.abs(pixel.getRed() - color.getRed()) + Math.abs(pixel.getGreen() - color.getGreen())
                        + Math.abs(pixel.getBlue() - color.getBlue()) < 60)
                    return true;
            }
        }
        return false;
    }

    /** Returns the place of a value on the vertical axis, read off its labels. */
    private static double up(Drawing drawing, double value) {
        List<Label> labels =
                drawing.labels().stream().filter(l -> l.x() < drawing.plot().getX() && !l.upward()).toList();
        Label one = labels.getFirst(), other = labels.getLast();
        double a = number(one), b = number(other);
        double y = one.y() + (value - a) / (b - a) * (other.y() - one.y());
        return (drawing.plot().getMaxY() - y) / drawing.plot().getHeight();
    }

    private static double across(Drawing drawing, double value) {
        List<Label> labels = drawing.labels().stream()
                .filter(l -> l.y() > drawing.plot().getMaxY() && l.text().matches("[−0-9.]+")).toList();
        Label one = labels.getFirst(), other = labels.getLast();
        double a = number(one), b = number(other);
        return (one.x() + (value - a) / (b - a) * (other.x() - one.x()) - drawing.plot().getX())
                / drawing.plot().getWidth();
    }

    private static double number(Label label) { return Double.parseDouble(label.text().replace('−', '-')); }

    @Test void aLineGoesThroughItsPoints() {
        Tensor scores = tensor("head", 2, "layer", 12, (head, layer) -> Math.sin(layer * 0.7 + head) * 3);
        Drawing drawing = LineChart.of(scores, Options.NONE).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        for (int head = 0; head < 2; head++) {
            for (int layer = 0; layer < 12; layer++) {
                assertTrue(marked(drawing, image, across(drawing, layer), up(drawing, scores.get(head, layer)),
                        Palette.of(head, 2)), "head " + head + ", layer " + layer);
            }
        }
        assertTrue(Samples.texts(drawing).containsAll(List.of("head 0", "head 1", "layer")));
    }

    @Test void stepsAreNumbersAlongTheAxisAndHeadsAreWords() {
        Drawing steps = LineChart.of(Values.of(1, 2, 3, 2), Options.NONE.labels(List.of("0", "10", "50", "100")))
                .draw(Chart.PLOT);
        BufferedImage image = Png.image(steps);
        for (double[] point : new double[][]{{10, 2}, {50, 3}, {75, 2.5}})
            assertTrue(marked(steps, image, across(steps, point[0]), up(steps, point[1]), Palette.of(0, 1)),
                    "step " + point[0]);
        assertTrue(Samples.texts(steps).containsAll(List.of("20", "40", "60", "80")));
        assertTrue(Samples.texts(
                LineChart.of(Values.of(1, 2, 3), Options.NONE.labels(List.of("2.0", "2.1", "3.1"))).draw(Chart.PLOT))
                .containsAll(List.of("2.0", "2.1", "3.1")));
    }

    @Test void aMissingValueIsAGapInTheLine() {
        Drawing drawing =
                LineChart.of(Values.of(1, 1, 1, Double.NaN, 1, 1, 1), Options.NONE.range(0, 2)).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        assertTrue(marked(drawing, image, across(drawing, 1.5), 0.5, Palette.of(0, 1)));
        assertFalse(marked(drawing, image, across(drawing, 2.5), 0.5, Palette.of(0, 1)));
        assertFalse(marked(drawing, image, across(drawing, 3.5), 0.5, Palette.of(0, 1)));
        assertTrue(marked(drawing, image, across(drawing, 4.5), 0.5, Palette.of(0, 1)));
    }

    @Test void aSpikeOfALongLineIsNotThinnedAway() {
        double[] loss = new double[100_000];
        loss[54_321] = 1;
        Drawing drawing = LineChart.of(Values.of(loss), Options.NONE).draw(Chart.PLOT);
        assertTrue(marked(drawing, Png.image(drawing), across(drawing, 54_321), up(drawing, 0.99), Palette.of(0, 1)));
    }

    @Test void aLogarithmicAxisMakesPowersEquallyFarApart() {
        double[] values = IntStream.range(0, 7).mapToDouble(i -> Math.pow(10, -i)).toArray();
        Drawing drawing = LineChart.of(Values.of(values), Options.NONE.log("y")).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        List<Label> decades = drawing.labels().stream().filter(l -> l.text().startsWith("10")).toList();
        assertEquals(List.of("10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"),
                decades.stream().map(Label::text).toList());
        for (int i = 0; i < 7; i++) {
            double up = (drawing.plot().getMaxY() - decades.get(6 - i).y()) / drawing.plot().getHeight();
            assertTrue(marked(drawing, image, across(drawing, i), up, Palette.of(0, 1)), "10^-" + i);
        }
    }

    @Test void aLogarithmicAxisRefusesZero() {
        assertFails("a logarithmic y axis takes only positive numbers, but y of point 1 is 0.0",
                () -> LineChart.of(Values.of(1, 0, 2), Options.NONE.log("y")));
        assertFails("a logarithmic x axis takes only positive numbers, but x of point 0 is 0.0",
                () -> LineChart.of(Values.of(1, 2, 3), Options.NONE.log("x")));
    }

    @Test void pointsStandWhereTheyBelong() {
        double[] x = {0, 0.5, 1, 0.2}, y = {-1, 3, 0, 2};
        Drawing drawing = ScatterChart.of(Values.of(x), Values.of(y), Options.NONE.x("a").y("b")).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Color color = new Color(0x71, 0x97, 0xBC);   // three quarters of the first colour on white
        for (int i = 0; i < x.length; i++)
            assertTrue(marked(drawing, image, across(drawing, x[i]), up(drawing, y[i]), color), "point " + i);
        assertFalse(marked(drawing, image, across(drawing, 0.8), up(drawing, 2.6), color));
    }

    @Test void aPointsLabelStandsBesideItAndOverNoOther() {
        double[] x = new double[144], y = new double[144];
        List<String> names = IntStream.range(0, 144).mapToObj(i -> i / 12 + "." + i % 12).toList();
        for (int i = 0; i < 144; i++) {
            x[i] = Math.pow(Math.sin(i) * Math.sin(i), 3);
            y[i] = x[i] + Math.sin(7 * i) * 0.1;
        }
        Drawing drawing = ScatterChart.of(Values.of(x), Values.of(y), Options.NONE.labels(names)).draw(Chart.PLOT);
        Samples.assertReadable(drawing, "144 labelled points");
        long shown = drawing.labels().stream().filter(label -> drawing.plot().contains(label.box())).count();
        assertTrue(shown >= 30, shown + " labels found a place");
    }

    @Test void aBarReachesItsValueFromZero() {
        double[] values = {3, -2, 0.5, Double.NaN, 4};
        Drawing drawing = BarChart.of(Values.of(values), Options.NONE).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        Color color = Palette.of(0, 1);
        for (int i = 0; i < values.length; i++) {
            double middle = (i + 0.5) / values.length, value = Double.isNaN(values[i]) ? 0 : values[i];
            for (double at = -2.45; at < 4.5; at += 0.1) {
                if (Math.abs(at) < 0.05 || Math.abs(at - value) < 0.05) continue;
                boolean inside = at > Math.min(0, value) && at < Math.max(0, value);
                assertEquals(inside, marked(drawing, image, middle, up(drawing, at), color), "bar " + i + " at " + at);
            }
        }
    }

    @Test void barsOfSeveralSeriesStandSideBySide() {
        Drawing drawing = BarChart.of(tensor("kind", 2, "layer", 3, (kind, layer) -> 1),
                Options.NONE.series(List.of("clean", "corrupted"))).draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        for (int layer = 0; layer < 3; layer++) {
            assertTrue(marked(drawing, image, (layer + 0.3) / 3, 0.5, Palette.of(0, 2)));
            assertTrue(marked(drawing, image, (layer + 0.7) / 3, 0.5, Palette.of(1, 2)));
        }
        assertTrue(Samples.texts(drawing).containsAll(List.of("clean", "corrupted")));
    }

    @Test void errorBarsReachAsFarAsTheirErrors() {
        double[] errors = {0.5, Double.NaN, 2};
        Drawing bars = BarChart.of(Values.of(3, 4, 5), Options.NONE.errors(errors)).draw(Chart.PLOT);
        BufferedImage image = Png.image(bars);
        assertTrue(marked(bars, image, 0.5 / 3, up(bars, 3.4), Drawing.INK)
                && marked(bars, image, 0.5 / 3, up(bars, 2.6), Drawing.INK));
        assertFalse(marked(bars, image, 0.5 / 3, up(bars, 3.9), Drawing.INK));
        assertFalse(marked(bars, image, 1.5 / 3, up(bars, 4.2), Drawing.INK), "NaN is no bar");
        assertTrue(marked(bars, image, 2.5 / 3, up(bars, 6.9), Drawing.INK), "the axis has room for it");
        Drawing lines = LineChart.of(Values.of(3, 4, 5), Options.NONE.errors(errors)).draw(Chart.PLOT);
        assertTrue(marked(lines, Png.image(lines), across(lines, 2), up(lines, 6.9), Palette.of(0, 1)));
    }

    @Test void errorsMustFitTheNumbers() {
        assertFails("2 errors for 3 points: give one for each",
                () -> BarChart.of(Values.of(1, 2, 3), Options.NONE.errors(new double[]{1, 2})));
        assertFails("error 1 is -1.0: an error is at least 0", () -> Options.NONE.errors(new double[]{1, -1}));
    }

    @Test void aHistogramCountsEveryValueOnce() {
        double[] values = IntStream.range(0, 1000).mapToDouble(i -> Math.sin(i) * 5).toArray();
        values[7] = Double.NaN;
        for (int bins : new int[]{1, 3, 10, 50}) {
            Histogram histogram = Histogram.of(Values.of(values), Options.NONE.bins(bins));
            double[] counts = Histogram.counts(Values.of(values), histogram.bins());
            assertEquals(999, Arrays.stream(counts).sum());
            assertTrue(counts.length <= 2 * bins + 1, bins + " bins asked for, " + counts.length + " made");
        }
    }

    @Test void aValueOnAnEdgeIsCountedInTheBinAboveIt() {
        assertEquals(List.of(1.0, 2.0, 1.0), Arrays
                .stream(Histogram.counts(Values.of(0.05, 0.1, 0.1999, 0.3), new Scale(0, 0.3, 0.1))).boxed().toList());
    }

    @Test void aHistogramsBarIsAsHighAsItsCount() {
        Drawing drawing = Histogram.of(Values.of(0.5, 0.5, 0.5, 1.5, 2.5, 2.5), Options.NONE.bins(3).range(0, 3))
                .draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        double[] counts = {3, 1, 2};
        for (int bin = 0; bin < 3; bin++) {
            assertTrue(marked(drawing, image, (bin + 0.5) / 3, up(drawing, counts[bin] - 0.1), Palette.of(0, 1)));
            assertFalse(marked(drawing, image, (bin + 0.5) / 3, up(drawing, counts[bin] + 0.1), Palette.of(0, 1)));
        }
    }

    @Test void textsCanBeRead() {
        Options named = Options.NONE.title("A title").x("position").y("loss");
        for (int count : new int[]{1, 2, 14, 40, 100}) {
            Samples.assertReadable(
                    LineChart.of(tensor("head", 3, "pos", count, (i, j) -> i + j * 1e5), named).draw(Chart.PLOT),
                    count + " points");
            Samples.assertReadable(LineChart
                    .of(tensor("head", 30, "pos", count, (i, j) -> i + j), named.labels("pos", Samples.tokens(count)))
                    .draw(Chart.PLOT), count + " words");
            Samples.assertReadable(
                    BarChart.of(tensor("head", 2, "pos", count, (i, j) -> i - j * 1e-6), named).draw(Chart.PLOT),
                    count + " bars");
            Samples.assertReadable(BarChart
                    .of(tensor("head", 1, "pos", count, (i, j) -> j), named.labels("pos", Samples.tokens(count)))
                    .draw(Chart.PLOT), count + " bars with words");
        }
        Samples.assertReadable(LineChart.of(Values.of(0, 100_000), Values.of(1, 2), named).draw(120),
                "large numbers below a small plot");
        Samples.assertReadable(Histogram.of(Values.of(1e5, 1.00001e5, 1.00007e5), named).draw(Chart.PLOT),
                "nearly equal values");
    }

    @Test void seriesMustDifferInNameAndHaveNumbers() {
        assertFails("two series are called a: names must differ",
                () -> LineChart.of(tensor("head", 2, "pos", 3, (i, j) -> j), Options.NONE.series(List.of("a", "a"))));
        assertFails("3 names for 2 series: give one for each", () -> LineChart
                .of(tensor("head", 2, "pos", 3, (i, j) -> j), Options.NONE.series(List.of("a", "b", "c"))));
        Map<String, Values> named = new LinkedHashMap<>();
        named.put("clean", Values.of(1, 2));
        named.put("empty", Values.of(Double.NaN, Double.NaN));
        assertFails("series empty is empty: it has no number to draw", () -> LineChart.of(named, Options.NONE));
        assertFails("series empty is empty: it has no number to count", () -> new Histogram(named, Options.NONE));
        assertFails("a line chart needs at least one series", () -> LineChart.of(Map.of(), Options.NONE));
    }

    @Test void lengthsMustAgree() {
        assertFails("x has 2 numbers, y has 3 columns",
                () -> LineChart.of(Values.of(1, 2), Values.of(1, 2, 3), Options.NONE));
        assertFails("a scatter chart's x is [x 2], its y [x 3]",
                () -> ScatterChart.of(Values.of(1, 2), Values.of(1, 2, 3), Options.NONE));
        Map<String, Values> named = new LinkedHashMap<>();
        named.put("a", Values.of(1, 2));
        named.put("b", Values.of(1, 2, 3));
        assertFails("series b has 3 bars, a has 2", () -> BarChart.of(named, Options.NONE));
        assertFails("row 1 has 1 numbers, row 0 has 2", () -> Values.of(new double[][]{{1, 2}, {3}}));
    }

    @Test void threeAxesAreTooMany() {
        assertFails(
                "a line chart has at most 2 axes, this tensor has [batch 2, head 4, pos 7]: take .at({batch: 0}) or a "
                        + "mean",
                () -> LineChart.of(Tensor.zeros(Shape.of("batch", 2, "head", 4, "pos", 7)), Options.NONE));
    }
}
