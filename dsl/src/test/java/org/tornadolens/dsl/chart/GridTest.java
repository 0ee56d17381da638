package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadolens.dsl.chart.HeatmapTest.assertFails;
import static org.tornadolens.dsl.chart.Samples.tensor;

class GridTest {

    private static Chart filled(double value, String title) {
        return Heatmap.of(tensor("layer", 4, "head", 4, (i, j) -> value), Options.NONE.range(0, 1).title(title));
    }

    @Test void chartsStandRowByRow() {
        Grid grid = new Grid(List.of(filled(0, "a"), filled(1, "b"), filled(1, "c"), filled(0, "d"), filled(1, "e")),
                Options.NONE.title("Five").columns(2));
        Drawing drawing = grid.draw(Chart.PLOT);
        BufferedImage image = Png.image(drawing);
        double[] dark = {0, 1, 1, 0, 1};
        for (int i = 0; i < 5; i++) {
            String name = "abcde".substring(i, i + 1);
            Label title =
                    drawing.labels().stream().filter(label -> label.text().equals(name)).findFirst().orElseThrow();
            Color below = Samples.pixel(image, title.x() + 10, title.y() + 60);
            assertEquals(dark[i] == 1, below.getRed() < 60, "chart " + name + ": " + below);
        }
        Samples.assertReadable(drawing, "grid");
    }

    @Test void plotsInAColumnAreAligned() {
        Chart wide = Heatmap.of(tensor("dest", 5, "src", 5, (i, j) -> 1),
                Options.NONE.title("wide").labels("dest", List.of("one", "two", "three", "four", "a long label")));
        Drawing drawing = new Grid(List.of(filled(0, "a"), wide), Options.NONE.columns(1)).draw(Chart.PLOT);
        Label zero = drawing.labels().stream().filter(label -> label.text().equals("0") && label.y() < 60).findFirst()
                .orElseThrow();
        Label word = drawing.labels().stream().filter(label -> label.text().equals("a long label")).findFirst()
                .orElseThrow();
        assertEquals(zero.box().getMaxX(), word.box().getMaxX(), 0.01, "labels end at the same axis");
    }

    @Test void chartsOfAllKindsGoTogether() {
        Values values = Values.of(1, 3, 2, 5);
        List<Chart> all = List.of(filled(0.5, "heat map"), LineChart.of(values, Options.NONE.title("line")),
                BarChart.of(values, Options.NONE.title("bar")),
                ScatterChart.of(values, values, Options.NONE.title("points")),
                Histogram.of(values, Options.NONE.title("histogram")));
        Samples.assertReadable(new Grid(all, Options.NONE).draw(Chart.PLOT), "all kinds");
    }

    private static Chart lines(String first, String second) {
        Options options = Options.NONE.title("lines").series(List.of(first, second));
        return LineChart.of(tensor("kind", 2, "layer", 7, (i, j) -> i + j), options);
    }

    private static long labels(Drawing drawing, String text) {
        return drawing.labels().stream().filter(label -> label.text().equals(text)).count();
    }

    @Test void chartsOfTheSameSeriesShareALegend() {
        Grid same = new Grid(List.of(lines("clean", "patched"), lines("clean", "patched")), Options.NONE);
        Grid different = new Grid(List.of(lines("clean", "patched"), lines("clean", "ablated")), Options.NONE);
        for (Drawing drawing : List.of(same.draw(Chart.PLOT), same.fitted(240), same.fitted(480))) {
            assertEquals(1, labels(drawing, "patched"), "legends");
            Samples.assertReadable(drawing, "one legend");
        }
        assertEquals(2, labels(different.draw(Chart.PLOT), "clean"), "legends");
    }

    @Test void aGridNeedsCharts() {
        assertFails("a grid needs at least one chart", () -> new Grid(List.of(), Options.NONE));
        assertFails("columns must be at least 1, not 0", () -> Options.NONE.columns(0));
        assertFails("a grid holds at most 256 charts, not 300",
                () -> new Grid(java.util.Collections.nCopies(300, filled(0, "a")), Options.NONE));
    }
}
