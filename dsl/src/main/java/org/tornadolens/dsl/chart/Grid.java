package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/**
 * Several charts in one picture, row by row, their plots aligned; the more there are, the smaller each is. Heat maps of
 * one quantity share a scale and its colour bar, charts of the same series a legend. What stands along an axis is
 * written once for a row or a column whose axes are equal.
 */
public record Grid(List<Chart> charts, Options options) implements Chart {

    private static final int MOST = 256;
    private static final double GAP = 8, BESIDE = 10, LEAST = 50, LONGEST_BAR = 260;

    public Grid {
        options.only("a grid", "title", "columns", "scale", "letters", "width");
        charts = List.copyOf(charts);
        if (charts.isEmpty()) throw new UsageException("a grid needs at least one chart");
        if (charts.size() > MOST)
            throw new UsageException(
                    "a grid holds at most " + MOST + " charts, not " + charts.size() + ": save several grids");
        if (options.shared().orElse(false)) requireOneQuantity(charts);
    }

    // ---- one scale

    private static void requireOneQuantity(List<Chart> charts) {
        if (maps(charts).size() < charts.size())
            throw new UsageException("scale: \"shared\" needs a grid of heat maps only: leave it out");
        if (!oneQuantity(charts))
            throw new UsageException("scale: \"shared\" needs heat maps of one quantity: give all of them the same "
                    + "label, range and diverging");
    }

    private static List<Heatmap> maps(List<Chart> charts) {
        return charts.stream().filter(Heatmap.class::isInstance).map(Heatmap.class::cast).toList();
    }

    /** Returns whether all charts are heat maps whose options on the scale agree. */
    private static boolean oneQuantity(List<Chart> charts) {
        List<Heatmap> maps = maps(charts);
        return maps.size() == charts.size()
                && maps.stream().map(map -> map.options().quantity()).distinct().count() == 1;
    }

    /** Returns the scale of all heat maps, if they share one. */
    Optional<Colors> colors() {
        boolean shared = charts.size() > 1 && options.shared().orElse(true) && oneQuantity(charts);
        return shared ? Optional.of(Colors.of(values(), charts.getFirst().options())) : Optional.empty();
    }

    /** Returns the legend of all charts, if they have the same one. */
    private Optional<Legend.Key> sharedKey() {
        boolean shared = charts.size() > 1 && charts.stream().map(Chart::key).distinct().count() == 1;
        return charts.getFirst().key().filter(key -> shared && !key.empty());
    }

    private List<Values> values() { return maps(charts).stream().map(Heatmap::values).toList(); }

    // ---- layout

    @Override public String description() { return options.named("grid") + " of " + charts.size() + " charts"; }

    private int wantedColumns() {
        return Math.min(charts.size(), options.columns().orElse((int) Math.ceil(Math.sqrt(charts.size()))));
    }

    /** Puts fewer charts in a row than asked for where they would be too small to read. */
    @Override public Drawing fitted(double width) {
        Fit best = null;
        for (int columns = wantedColumns(); columns > 0; columns--) {
            Fit fit = Fit.of(new Columns(columns), width);
            if (fit.plot() >= LEAST) return fit.drawing();
            if (best == null || fit.plot() > best.plot()) best = fit;
        }
        return best.drawing();
    }

    @Override public Drawing draw(Sheet sheet) { return new Columns(wantedColumns()).draw(sheet); }

    /** The grid with a number of charts in each row. */
    private final class Columns implements Chart {
        private final int columns, rows;

        Columns(int columns) {
            this.columns = columns;
            rows = Math.ceilDiv(charts.size(), columns);
        }

        @Override public Options options() { return options; }

        @Override public String description() { return Grid.this.description(); }

        @Override public Drawing draw(Sheet sheet) {
            double each = sheet.print() ? sheet.plot()
                    : sheet.plot() * (columns <= 2 ? 0.8 : columns <= 4 ? 0.6 : 0.4);
            Optional<Colors> colors = colors();
            List<Drawing> alone = members(sheet, each, i -> panel(i, true, true, true, true, colors));
            List<Drawing> drawings = members(sheet, each, i -> {
                boolean first = i % columns == 0, last = i + columns >= charts.size();
                boolean xTitle = last || !equal(alone, column(i), Columns::xTitle);
                boolean yTitle = first || !equal(alone, row(i), Columns::yTitle);
                return panel(i, xTitle, last || xTitle || !equal(alone, column(i), Columns::xLabels),
                        yTitle, first || yTitle || !equal(alone, row(i), Columns::yLabels), colors);
            });
            return arranged(sheet, drawings, colors);
        }

        private List<Drawing> members(Sheet sheet, double each, Function<Integer, Sheet.Panel> panel) {
            double share = sheet.room() / columns;
            return IntStream.range(0, charts.size())
                    .mapToObj(i -> charts.get(i).draw(sheet.panel(each, share, panel.apply(i)))).toList();
        }

        private Sheet.Panel panel(int i, boolean xTitle, boolean xLabels, boolean yTitle, boolean yLabels,
                Optional<Colors> colors) {
            String letter = options.letters() ? "(" + letter(i) + ")" : "";
            return new Sheet.Panel(xTitle, xLabels, yTitle, yLabels, sharedKey().isEmpty(), colors, letter);
        }

        private List<Integer> row(int i) {
            int start = i / columns * columns;
            return IntStream.range(start, Math.min(start + columns, charts.size())).boxed().toList();
        }

        private List<Integer> column(int i) {
            return IntStream.iterate(i % columns, at -> at < charts.size(), at -> at + columns).boxed().toList();
        }

        private static boolean equal(List<Drawing> drawings, List<Integer> places, Function<Frame, Object> part) {
            return places.stream().map(i -> drawings.get(i).frame().map(part)).distinct().count() == 1
                    && drawings.get(places.getFirst()).frame().isPresent();
        }

        private static Object xTitle(Frame frame) { return frame.x().fullTitle(); }

        private static Object yTitle(Frame frame) { return frame.y().fullTitle(); }

        private static Object xLabels(Frame frame) { return List.of(frame.x(), frame.width()); }

        private static Object yLabels(Frame frame) { return List.of(frame.y(), frame.height()); }

        private Drawing arranged(Sheet sheet, List<Drawing> drawings, Optional<Colors> colors) {
            // space left of, above, right of and below the plots of a column or row
            double[] left = new double[columns], right = new double[columns], above = new double[rows],
                    below = new double[rows];
            for (int i = 0; i < drawings.size(); i++) {
                Drawing drawing = drawings.get(i);
                Rectangle2D inner = drawing.plot();
                int row = i / columns, column = i % columns;
                left[column] = Math.max(left[column], inner.getX());
                right[column] = Math.max(right[column], drawing.width() - inner.getX());
                above[row] = Math.max(above[row], inner.getY());
                below[row] = Math.max(below[row], drawing.height() - inner.getY());
            }
            double gap = sheet.print() ? GAP / 2 : GAP, plots = gap * (columns - 1);
            for (int column = 0; column < columns; column++) plots += left[column] + right[column];
            double heights = gap * (rows - 1);
            for (int row = 0; row < rows; row++) heights += above[row] + below[row];

            double inside = heights - above[0]
                    - drawings.stream().skip((rows - 1) * (long) columns)
                            .mapToDouble(one -> below[rows - 1] - one.plot().getHeight()).min().orElse(0);
            Side bar = colors.map(shared -> shared.bar(Math.min(inside, LONGEST_BAR), values(),
                    charts.getFirst().options().label(), sheet))
                    .or(() -> sharedKey().map(key -> Legend.of(key, inside, sheet))).orElse(Side.NONE);
            double width = bar.foot() ? Math.max(plots, bar.width())
                    : plots + (bar.right() ? BESIDE + bar.width() + gap : 0);
            Font font = Fonts.size(sheet.heading());
            List<String> title = options.title().isBlank() ? List.of()
                    : Glyphs.wrap(options.title(), font, Math.max(width - 2 * GAP, sheet.narrowestTitle()));
            for (String line : title) width = Math.max(width, Fonts.width(line, font) + 2 * GAP);
            double line = 1.25 * sheet.heading();
            double top = (title.isEmpty() ? 0 : GAP + title.size() * line) + Math.max(0, bar.above() - above[0]);

            List<Label> labels = new ArrayList<>();
            for (int i = 0; i < title.size(); i++)
                labels.add(Label.centred(title.get(i), font, width / 2, GAP + (i + 0.5) * line));
            List<Rectangle2D> places = places(drawings, left, right, above, below, gap, top);
            for (int i = 0; i < drawings.size(); i++)
                for (Label label : drawings.get(i).labels())
                    labels.add(label.moved(places.get(i).getX(), places.get(i).getY()));
            double barLeft = bar.foot() ? Math.max(0, (plots - bar.width()) / 2) : plots + BESIDE;
            double barTop = bar.foot() ? top + heights
                    : top + above[0] + (colors.isPresent() ? Math.max(0, (inside - bar.height()) / 2) : 0);
            for (Label label : bar.labels()) labels.add(label.moved(barLeft, barTop));
            double height = Math.max(top + heights, bar.width() > 0 ? barTop + bar.height() + GAP : 0);
            return new Drawing(sheet.print() ? width : Math.ceil(width), Math.ceil(height),
                    new Rectangle2D.Double(0, top, plots, height - top), labels, g -> {
                        for (int i = 0; i < drawings.size(); i++)
                            Drawing.at(g, places.get(i).getX(), places.get(i).getY(), drawings.get(i).rest());
                        Drawing.at(g, barLeft, barTop, bar.rest());
                    }, Optional.empty());
        }

        private List<Rectangle2D> places(List<Drawing> drawings, double[] left, double[] right, double[] above,
                double[] below, double gap, double top) {
            List<Rectangle2D> places = new ArrayList<>();
            double y = top;
            for (int row = 0; row < rows; row++) {
                double x = 0;
                for (int column = 0; column < columns && row * columns + column < drawings.size(); column++) {
                    Drawing drawing = drawings.get(row * columns + column);
                    places.add(new Rectangle2D.Double(x + left[column] - drawing.plot().getX(),
                            y + above[row] - drawing.plot().getY(), drawing.width(), drawing.height()));
                    x += left[column] + right[column] + gap;
                }
                y += above[row] + below[row] + gap;
            }
            return places;
        }
    }

    /** a, …, z, aa, ab, … */
    private static String letter(int i) {
        String last = Character.toString('a' + i % 26);
        return i < 26 ? last : letter(i / 26 - 1) + last;
    }
}
