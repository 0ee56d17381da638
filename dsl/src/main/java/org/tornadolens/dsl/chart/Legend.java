package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/** The names of the series beside a plot, in as many columns as its height requires. */
final class Legend {

    enum Sign { LINE, DOT, BOX }

    private static final double ROW = 14, SIGN = 14, GAP = 4, BETWEEN = 10, LONGEST = 140;

    private Legend() {}

    /** Returns nothing for a single series without a name. */
    static Side of(List<String> names, Sign sign, double plotHeight) {
        if (names.size() == 1 && names.getFirst().isEmpty()) return Side.NONE;
        Font font = Fonts.size(Ticks.SIZE);
        int rows = Math.max(1, (int) (plotHeight / ROW));
        List<String> shown = names.stream().map(name -> Glyphs.shorten(Glyphs.visible(name), font, LONGEST)).toList();
        List<Label> labels = new ArrayList<>();
        List<double[]> places = new ArrayList<>();
        double left = 0, width = 0;
        for (int i = 0; i < shown.size(); i++) {
            if (i > 0 && i % rows == 0) left = width + BETWEEN;
            double y = (i % rows + 0.5) * ROW;
            places.add(new double[]{left, y});
            labels.add(Label.leftAligned(shown.get(i), font, left + SIGN + GAP, y));
            width = Math.max(width, left + SIGN + GAP + Fonts.width(shown.get(i), font));
        }
        return new Side(width, Math.min(rows, shown.size()) * ROW, 0, labels, g -> {
            for (int i = 0; i < places.size(); i++)
                paint(g, sign, Palette.of(i, places.size()), places.get(i)[0], places.get(i)[1]);
        });
    }

    private static void paint(Graphics2D g, Sign sign, Color color, double x, double y) {
        g.setColor(color);
        switch (sign) {
            case LINE -> {
                g.setStroke(new BasicStroke(1.5f));
                g.draw(new Line2D.Double(x, y, x + SIGN, y));
            }
            case DOT -> g.fill(new Ellipse2D.Double(x + SIGN / 2 - 2.5, y - 2.5, 5, 5));
            case BOX -> g.fill(new Rectangle2D.Double(x + 3, y - 4, 8, 8));
        }
    }
}
