package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.function.Consumer;

/** The error bars and bands of a plot. XChart draws symmetric bars only, and no bands. */
final class Intervals {

    private static final double CAP = 2.5;      // half the width of a bar's ends, in points
    private static final int BAND = 64;         // opacity of 255

    private Intervals() {}

    /** Draws a band for each series that has one, behind the lines. A point without ends interrupts it. */
    static Consumer<Graphics2D> bands(List<Series> series, AxisRange x, AxisRange y, double width, double height) {
        return g -> inside(g, width, height, () -> {
            for (int i = 0; i < series.size(); i++) {
                Series one = series.get(i);
                if (one.band().none()) continue;
                Color color = Palette.of(i, series.size());
                g.setColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), BAND));
                for (int from = 0; from < one.x().length; from++) {
                    if (!known(one.band(), from)) continue;
                    int to = from;
                    while (to + 1 < one.x().length && known(one.band(), to + 1)) to++;
                    g.fill(band(one, from, to, x, y, width, height));
                    from = to;
                }
            }
        });
    }

    private static Shape band(Series one, int from, int to, AxisRange x, AxisRange y, double width, double height) {
        Path2D way = new Path2D.Double();
        for (int i = from; i <= to; i++) {
            double across = x.fraction(one.x()[i]) * width, down = (1 - y.fraction(one.band().upper()[i])) * height;
            if (i == from) way.moveTo(across, down);
            else way.lineTo(across, down);
        }
        for (int i = to; i >= from; i--)
            way.lineTo(x.fraction(one.x()[i]) * width, (1 - y.fraction(one.band().lower()[i])) * height);
        way.closePath();
        return way;
    }

    private static boolean known(Bounds bounds, int i) {
        return !Double.isNaN(bounds.lower()[i]) && !Double.isNaN(bounds.upper()[i]);
    }

    /** Draws the error bars of points, in the colours of their series. */
    static Consumer<Graphics2D> ofPoints(List<Series> series, AxisRange x, AxisRange y, double width, double height) {
        return g -> inside(g, width, height, () -> {
            g.setStroke(new BasicStroke(0.9f));
            for (int s = 0; s < series.size(); s++) {
                Series one = series.get(s);
                g.setColor(Palette.of(s, series.size()));
                for (int i = 0; i < one.x().length; i++) {
                    double across = x.fraction(one.x()[i]) * width, down = (1 - y.fraction(one.y()[i])) * height;
                    if (!one.errors().none() && known(one.errors(), i))
                        upright(g, across, end(one.errors().lower()[i], y, height),
                                end(one.errors().upper()[i], y, height));
                    if (!one.across().none() && known(one.across(), i) && !Double.isNaN(down)) {
                        double left = x.fraction(one.across().lower()[i]) * width,
                                right = x.fraction(one.across().upper()[i]) * width;
                        g.draw(new Line2D.Double(left, down, right, down));
                        g.draw(new Line2D.Double(left, down - CAP, left, down + CAP));
                        g.draw(new Line2D.Double(right, down - CAP, right, down + CAP));
                    }
                }
            }
        });
    }

    /** @param filled the part of each bar's cell that its bars fill, side by side */
    static Consumer<Graphics2D> ofBars(List<Series> series, AxisRange y, double width, double height, double filled) {
        return g -> inside(g, width, height, () -> {
            g.setStroke(new BasicStroke(0.9f));
            g.setColor(Drawing.INK);
            for (int s = 0; s < series.size(); s++) {
                Bounds errors = series.get(s).errors();
                for (int i = 0; i < (errors.none() ? 0 : errors.lower().length); i++) {
                    double cell = width / errors.lower().length;
                    double across = cell * (i + 0.5 + filled * ((s + 0.5) / series.size() - 0.5));
                    if (known(errors, i))
                        upright(g, across, end(errors.lower()[i], y, height), end(errors.upper()[i], y, height));
                }
            }
        });
    }

    private static double end(double value, AxisRange y, double height) { return (1 - y.fraction(value)) * height; }

    private static void upright(Graphics2D g, double x, double lower, double upper) {
        g.draw(new Line2D.Double(x, lower, x, upper));
        g.draw(new Line2D.Double(x - CAP, lower, x + CAP, lower));
        g.draw(new Line2D.Double(x - CAP, upper, x + CAP, upper));
    }

    private static void inside(Graphics2D g, double width, double height, Runnable painting) {
        Shape before = g.getClip();
        g.clip(new Rectangle2D.Double(0, 0, width, height));
        painting.run();
        g.setClip(before);
    }
}
