package org.tornadolens.dsl.chart;

import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The lines, points and bars inside a plot, drawn by XChart. Everything around them is the {@link Frame}'s. */
final class Marks {

    private static final Color NONE = new Color(255, 255, 255, 0);
    private static final Color GRID = new Color(0xE6E6E6), ZERO = new Color(0x8C8C8C);
    private static final double LINE = 1.5;       // width of a line, in points
    static final double FILLED = 0.8;     // of the room of a bar
    private static final int FEW_POINTS = 60;     // most points of a line that are marked
    private static final int DECIMATED = 5000;    // most points of a line; XChart takes 95 µs for each

    private Marks() {}

    static Consumer<Graphics2D> lines(List<Series> series, List<LineStyle> styles, AxisRange x, AxisRange y, int width,
            int height) {
        XYChart chart = xy(x, y, width, height);
        for (int i = 0; i < series.size(); i++) {
            Series thin = thinned(series.get(i));
            XYSeries line = chart.addSeries(Integer.toString(i), thin.x(), thin.y());
            Color color = Palette.of(i, series.size());
            line.setLineColor(styles.get(i) == LineStyle.SOLID ? color : NONE).setLineWidth((float) LINE);
            line.setMarkerColor(color)
                    .setMarker(thin.x().length <= FEW_POINTS ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
        }
        chart.getStyler().setMarkerSize(4);
        return Intervals.bands(series, x, y, width, height).andThen(g -> dash(g, series, styles, x, y, width, height))
                .andThen(g -> chart.paint(g, width, height)).andThen(Intervals.ofPoints(series, x, y, width, height));
    }

    /** Draws the lines with dashes. XChart draws each segment of a line by itself, and would begin a new dash there. */
    private static void dash(Graphics2D g, List<Series> series, List<LineStyle> styles, AxisRange x, AxisRange y,
            double width, double height) {
        Shape before = g.getClip();
        g.clip(new Rectangle2D.Double(0, 0, width, height));
        for (int i = 0; i < series.size(); i++) {
            if (styles.get(i) == LineStyle.SOLID) continue;
            Series thin = thinned(series.get(i));
            Path2D way = new Path2D.Double();
            boolean begun = false;
            for (int point = 0; point < thin.x().length; point++) {
                double across = x.fraction(thin.x()[point]) * width, down = (1 - y.fraction(thin.y()[point])) * height;
                if (Double.isNaN(down)) begun = false;
                else if (begun) way.lineTo(across, down);
                else way.moveTo(across, down);
                begun |= !Double.isNaN(down);
            }
            g.setColor(Palette.of(i, series.size()));
            g.setStroke(styles.get(i).stroke(LINE));
            g.draw(way);
        }
        g.setClip(before);
    }

    static Consumer<Graphics2D> points(List<Series> series, AxisRange x, AxisRange y, int width, int height) {
        XYChart chart = xy(x, y, width, height);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter).setMarkerSize(5);
        for (int i = 0; i < series.size(); i++) {
            Color color = Palette.of(i, series.size());
            XYSeries points = chart.addSeries(Integer.toString(i), series.get(i).x(), series.get(i).y());
            points.setMarkerColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 190))
                    .setMarker(SeriesMarkers.CIRCLE);
        }
        Consumer<Graphics2D> marks = g -> chart.paint(g, width, height);
        return Intervals.bands(series, x, y, width, height).andThen(Intervals.ofPoints(series, x, y, width, height))
                .andThen(marks);
    }

    /** Draws one bar for each number and series, side by side, with its error bar. */
    static Consumer<Graphics2D> bars(List<Series> series, AxisRange y, int width, int height) {
        return bars(series, y, width, height, false);
    }

    /** Draws overlapping bars without space between them. */
    static Consumer<Graphics2D> bins(List<double[]> series, AxisRange y, int width, int height) {
        return bars(series.stream()
                .map(counts -> new Series("", IntStream.range(0, counts.length).asDoubleStream().toArray(), counts))
                .toList(), y, width, height, true);
    }

    private static Consumer<Graphics2D> bars(List<Series> series, AxisRange y, int width, int height,
            boolean histogram) {
        CategoryChart chart = new CategoryChart(width, height);
        bare(chart.getStyler(), y);
        chart.getStyler().setAvailableSpaceFill(histogram ? 1 : FILLED).setOverlapped(histogram);
        double[] places = IntStream.range(0, series.getFirst().y().length).asDoubleStream().toArray();
        for (int i = 0; i < series.size(); i++) {
            Series one = series.get(i);
            Color color = Palette.of(i, series.size());
            boolean transparent = histogram && series.size() > 1;
            CategorySeries bars = chart.addSeries(Integer.toString(i), places,
                    Arrays.stream(one.y()).map(value -> Double.isNaN(value) ? 0 : value).toArray());
            bars.setFillColor(transparent ? new Color(color.getRed(), color.getGreen(), color.getBlue(), 140) : color);
        }
        Consumer<Graphics2D> marks = g -> chart.paint(g, width, height);
        return histogram ? marks : marks.andThen(Intervals.ofBars(series, y, width, height, FILLED));
    }

    /**
     * Draws faint lines at the ticks, and a stronger one at zero.
     *
     * @param zero the height of zero as a fraction of the plot's, from below; no line outside 0 to 1
     */
    static Consumer<Graphics2D> grid(Ticks x, Ticks y, double zero, double width, double height) {
        return g -> {
            g.setStroke(new BasicStroke(0.5f));
            g.setColor(GRID);
            for (Ticks.Tick tick : x.ticks()) g.draw(new Line2D.Double(tick.at(), 0, tick.at(), height));
            for (Ticks.Tick tick : y.ticks()) g.draw(new Line2D.Double(0, tick.at(), width, tick.at()));
            if (zero <= 0 || zero >= 1) return;
            g.setColor(ZERO);
            g.draw(new Line2D.Double(0, (1 - zero) * height, width, (1 - zero) * height));
        };
    }

    private static XYChart xy(AxisRange x, AxisRange y, int width, int height) {
        XYChart chart = new XYChart(width, height);
        bare(chart.getStyler(), y);
        chart.getStyler().setXAxisMin(x.lo()).setXAxisMax(x.hi());
        return chart;
    }

    private static void bare(AxesChartStyler styler, AxisRange y) {
        styler.setAxisTicksVisible(false).setAxisTitlesVisible(false).setPlotGridLinesVisible(false).setPlotMargin(0)
                .setYAxisMin(y.lo()).setYAxisMax(y.hi());
        styler.setChartTitleVisible(false).setLegendVisible(false).setPlotBorderVisible(false).setPlotContentSize(1)
                .setChartPadding(0)
                .setChartBackgroundColor(NONE).setPlotBackgroundColor(NONE)
                .setBaseFont(Fonts.size(Sheet.SCREEN.tick()));
    }

    /** Keeps the smallest and the largest of each group of points, in order, so that no spike is lost. */
    private static Series thinned(Series series) {
        int points = series.x().length;
        if (points <= DECIMATED) return series;
        int run = (int) Math.ceil(2.0 * points / DECIMATED);
        int[] kept = IntStream.iterate(0, start -> start < points, start -> start + run).flatMap(start -> {
            int least = start, greatest = start;
            for (int i = start; i < Math.min(start + run, points); i++) {
                if (!(series.y()[i] >= series.y()[least])) least = i;
                if (!(series.y()[i] <= series.y()[greatest])) greatest = i;
            }
            return IntStream.of(Math.min(least, greatest), Math.max(least, greatest)).distinct();
        }).toArray();
        return new Series(series.name(), Arrays.stream(kept).mapToDouble(i -> series.x()[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> series.y()[i]).toArray());
    }
}
