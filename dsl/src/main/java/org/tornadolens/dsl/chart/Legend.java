package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;

/**
 * The names of the series, beside a plot in as many columns as its height requires, or on paper under it where they
 * would take much of the column's width.
 */
final class Legend {

    enum Sign { LINE, DOT, BOX }

    /**
     * What a legend says.
     *
     * @param styles of each line; none if all are solid
     */
    record Key(List<String> names, Sign sign, List<LineStyle> styles) {
        Key(List<String> names, Sign sign) { this(names, sign, List.of()); }

        /** Returns whether there is a single series without a name. */
        boolean empty() {
            return names.size() == 1 && names.getFirst().isEmpty();
        }
    }

    private static final double ROW = 14, SIGN = 14, GAP = 4, BETWEEN = 10, LONGEST = 140, MUCH = 0.3;

    private Legend() {}

    /** Returns the legend beside a plot; nothing for an empty key, or where the grid around the plot shows it. */
    static Side of(Key key, double plotHeight, Sheet sheet) {
        if (key.empty() || !sheet.panel().legend()) return Side.NONE;
        Font font = Fonts.size(sheet.tick());
        List<String> whole = key.names.stream().map(Glyphs::visible).toList();
        List<String> shown = Glyphs.shortened(whole, font, LONGEST);
        List<double[]> places = beside(shown, font, plotHeight);
        double width = width(shown, places, font);
        boolean foot = sheet.print() && width > MUCH * sheet.room();
        if (foot) {
            double room = sheet.room() - 2 * BETWEEN;
            shown = Glyphs.shortened(whole, font, room - SIGN - GAP);
            places = under(shown, font, room);
            width = width(shown, places, font);
        }
        List<Label> labels = new ArrayList<>();
        for (int i = 0; i < shown.size(); i++)
            labels.add(Label.leftAligned(shown.get(i), font, places.get(i)[0] + SIGN + GAP, places.get(i)[1]));
        List<double[]> at = places;
        double height = at.stream().mapToDouble(place -> place[1] + ROW / 2).max().orElse(0);
        return new Side(width, height, 0, labels, g -> {
            for (int i = 0; i < at.size(); i++)
                paint(g, key.sign, key.styles.isEmpty() ? LineStyle.SOLID : key.styles.get(i),
                        Palette.of(i, at.size()), at.get(i)[0], at.get(i)[1]);
        }, foot);
    }

    private static double width(List<String> shown, List<double[]> places, Font font) {
        double width = 0;
        for (int i = 0; i < shown.size(); i++) width = Math.max(width, places.get(i)[0] + entry(shown.get(i), font));
        return width;
    }

    private static double entry(String name, Font font) { return SIGN + GAP + Fonts.width(name, font); }

    private static List<double[]> beside(List<String> shown, Font font, double plotHeight) {
        int rows = Math.max(1, (int) (plotHeight / ROW));
        List<double[]> places = new ArrayList<>();
        double left = 0, right = 0;
        for (int i = 0; i < shown.size(); i++) {
            if (i > 0 && i % rows == 0) left = right + BETWEEN;
            places.add(new double[]{left, (i % rows + 0.5) * ROW});
            right = Math.max(right, left + entry(shown.get(i), font));
        }
        return places;
    }

    /** Returns places in columns of one width, row by row. */
    private static List<double[]> under(List<String> shown, Font font, double room) {
        double widest = shown.stream().mapToDouble(name -> entry(name, font)).max().orElse(0) + BETWEEN;
        int columns = Math.clamp((int) ((room + BETWEEN) / widest), 1, shown.size());
        List<double[]> places = new ArrayList<>();
        for (int i = 0; i < shown.size(); i++)
            places.add(new double[]{i % columns * widest, (i / columns + 0.5) * ROW});
        return places;
    }

    private static void paint(Graphics2D g, Sign sign, LineStyle style, Color color, double x, double y) {
        g.setColor(color);
        switch (sign) {
            case LINE -> {
                g.setStroke(style.stroke(1.5));
                g.draw(new Line2D.Double(x, y, x + SIGN, y));
            }
            case DOT -> g.fill(new Ellipse2D.Double(x + SIGN / 2 - 2.5, y - 2.5, 5, 5));
            case BOX -> g.fill(new Rectangle2D.Double(x + 3, y - 4, 8, 8));
        }
    }
}
