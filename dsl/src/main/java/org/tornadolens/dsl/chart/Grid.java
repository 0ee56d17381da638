package org.tornadolens.dsl.chart;

import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.tornadolens.UsageException;

/** Several charts in one picture, row by row, their plots aligned; the more there are, the smaller each is. */
public record Grid(List<Chart> charts, Options options) implements Chart {

    private static final int MOST = 256;
    private static final double GAP = 8, TITLE = 14;

    public Grid {
        options.only("a grid", "title", "columns");
        charts = List.copyOf(charts);
        if (charts.isEmpty()) throw new UsageException("a grid needs at least one chart");
        if (charts.size() > MOST)
            throw new UsageException(
                    "a grid holds at most " + MOST + " charts, not " + charts.size() + ": save several grids");
    }

    @Override public String description() { return options.named("grid") + " of " + charts.size() + " charts"; }

    @Override public Drawing draw(int plot) {
        int columns = Math.min(charts.size(), options.columns().orElse((int) Math.ceil(Math.sqrt(charts.size()))));
        int rows = Math.ceilDiv(charts.size(), columns);
        int each = (int) (plot * (columns <= 2 ? 0.8 : columns <= 4 ? 0.6 : 0.4));
        List<Drawing> drawings = charts.stream().map(chart -> chart.draw(each)).toList();

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
        double width = GAP * (columns - 1);
        for (int column = 0; column < columns; column++) width += left[column] + right[column];
        List<String> title = options.title().isBlank() ? List.of()
                : Glyphs.wrap(options.title(), Fonts.size(TITLE), width - 2 * GAP);
        double line = 1.25 * TITLE, top = title.isEmpty() ? 0 : GAP + title.size() * line;

        List<Label> labels = new ArrayList<>();
        for (int i = 0; i < title.size(); i++)
            labels.add(Label.centred(title.get(i), Fonts.size(TITLE), width / 2, GAP + (i + 0.5) * line));
        List<Rectangle2D> places = new ArrayList<>();
        double y = top;
        for (int row = 0; row < rows; row++) {
            double x = 0;
            for (int column = 0; column < columns && row * columns + column < drawings.size(); column++) {
                Drawing drawing = drawings.get(row * columns + column);
                double dx = x + left[column] - drawing.plot().getX(), dy = y + above[row] - drawing.plot().getY();
                places.add(new Rectangle2D.Double(dx, dy, drawing.width(), drawing.height()));
                for (Label label : drawing.labels()) labels.add(label.moved(dx, dy));
                x += left[column] + right[column] + GAP;
            }
            y += above[row] + below[row] + GAP;
        }
        double height = y - GAP;
        return new Drawing(Math.ceil(width), Math.ceil(height), new Rectangle2D.Double(0, top, width, height - top),
                labels, g -> {
                    for (int i = 0; i < drawings.size(); i++) paint(g, drawings.get(i), places.get(i));
                });
    }

    private static void paint(Graphics2D g, Drawing drawing, Rectangle2D place) {
        AffineTransform before = g.getTransform();
        g.translate(place.getX(), place.getY());
        drawing.rest().accept(g);
        g.setTransform(before);
    }
}
