package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The colours of values, and their colour bar. */
record Colors(Scale scale, ColorMap map) {

    private static final double BAR = 11, TICK = 3, GAP = 3, SHORTEST = 60, ARROW = 7, OUTLIERS = 0.02;
    private static final int STRIPS = 4;   // of one colour, to a point of the bar

    static Colors of(Values values, Options options) { return of(List.of(values), options); }

    /** Returns round ends around the values of one or several heat maps, or exactly the given range. */
    static Colors of(List<Values> all, Options options) {
        double[] sorted = all.stream().flatMapToDouble(values -> Arrays.stream(values.data()))
                .filter(value -> !Double.isNaN(value)).sorted().toArray();
        double min = sorted.length == 0 ? 0 : sorted[0], max = sorted.length == 0 ? 0 : sorted[sorted.length - 1];
        if (options.range().isPresent()) {
            double lo = options.range().get()[0], hi = options.range().get()[1];
            Scale exactly = Scale.exactly(lo, hi, 6);
            return options.diverging().orElse(lo < 0 && hi > 0) ? new Colors(exactly, ColorMap.DIVERGING)
                    : sequential(exactly);
        }
        boolean diverging = options.diverging().orElse(min < 0 && max > 0);
        if (options.isRobust() && sorted.length > 0) {
            min = quantile(sorted, OUTLIERS);
            max = quantile(sorted, 1 - OUTLIERS);
        }
        if (diverging)
            return new Colors(Scale.centred(Math.max(Math.abs(min), Math.abs(max))), ColorMap.DIVERGING);
        // zero belongs to the range unless all values are far from it
        boolean far = Math.min(Math.abs(min), Math.abs(max)) > max - min && min != max && min * max > 0;
        return sequential(far ? Scale.around(min, max) : Scale.fromZero(min, max));
    }

    private static double quantile(double[] sorted, double part) {
        double place = part * (sorted.length - 1);
        int left = (int) place;
        return left + 1 == sorted.length ? sorted[left]
                : sorted[left] + (place - left) * (sorted[left + 1] - sorted[left]);
    }

    private static Colors sequential(Scale scale) {
        return new Colors(scale,
                scale.lo() < 0 && scale.hi() <= 0 ? ColorMap.SEQUENTIAL_NEGATIVE : ColorMap.SEQUENTIAL);
    }

    /** Returns the colour of a value as 0xRRGGBB. Values beyond the range have that of its end. */
    int rgb(double value) {
        if (map != ColorMap.DIVERGING) return map.rgb(scale.fraction(value));
        double largest = Math.max(Math.abs(scale.lo()), Math.abs(scale.hi()));   // keeps zero white
        return map.rgb((Math.clamp(value, scale.lo(), scale.hi()) + largest) / (2 * largest));
    }

    /**
     * Returns a bar as high as the plot, with an arrow at an end that values exceed.
     *
     * @param label text along the bar, or nothing
     */
    Side bar(double plotHeight, List<Values> all, String label, Sheet sheet) {
        double height = Math.max(plotHeight, sheet.print() ? SHORTEST / 2 : SHORTEST),
                over = 1e-9 * (scale.hi() - scale.lo());
        boolean above = all.stream().anyMatch(values -> values.max() > scale.hi() + over),
                below = all.stream().anyMatch(values -> values.min() < scale.lo() - over);
        double top = above ? ARROW : 0, length = height - top - (below ? ARROW : 0);
        Font font = Fonts.size(sheet.tick()), titleFont = Fonts.size(sheet.axisTitle());
        List<Label> labels = new ArrayList<>();
        Ticks ticks = Ticks.vertical(scale.thinned((int) (length / sheet.line())), length, sheet);
        for (Ticks.Tick tick : ticks.ticks())
            labels.add(Label.leftAligned(tick.label(), font, BAR + TICK + GAP, top + tick.at()));
        boolean factor = !ticks.factor().isEmpty();
        if (factor) labels.add(Label.leftAligned(ticks.factor(), font, 0, -sheet.line()));
        double widest = Math.max(BAR + TICK + GAP + ticks.widest(), factor ? Fonts.width(ticks.factor(), font) : 0);
        List<String> lines = label.isBlank() ? List.of()
                : Glyphs.wrap(label, titleFont, Math.max(height, sheet.narrowestAxisTitle()));
        double longest = lines.stream().mapToDouble(line -> Fonts.width(line, titleFont)).max().orElse(0);
        for (String line : lines) {
            labels.add(new Label(line, titleFont, widest + GAP + Label.LINE * sheet.axisTitle() / 2, height / 2, true));
            widest += GAP + Label.LINE * sheet.axisTitle();
        }
        double overhang = Math.max(0, (longest - height) / 2);
        return new Side(widest, height + overhang, Math.max(overhang, factor ? 1.5 * sheet.line() : 0), labels, g -> {
            paint(g, top, length);
            if (above) arrow(g, top, -ARROW, scale.hi());
            if (below) arrow(g, top + length, ARROW, scale.lo());
            g.setColor(Drawing.INK);
            g.setStroke(new BasicStroke(0.75f));
            g.draw(new Rectangle2D.Double(0, top, BAR, length));
            for (Ticks.Tick tick : ticks.ticks())
                g.draw(new Line2D.Double(BAR, top + tick.at(), BAR + TICK, top + tick.at()));
        }, false);
    }

    private void paint(Graphics2D g, double top, double length) {
        double step = 1.0 / STRIPS;
        for (double y = 0; y < length; y += step) {
            g.setColor(new Color(rgb(scale.hi() - (y + step / 2) / length * (scale.hi() - scale.lo()))));
            g.fill(new Rectangle2D.Double(0, top + y, BAR, Math.min(2 * step, length - y)));
        }
    }

    private void arrow(Graphics2D g, double base, double tip, double value) {
        Path2D arrow = new Path2D.Double();
        arrow.moveTo(0, base);
        arrow.lineTo(BAR / 2, base + tip);
        arrow.lineTo(BAR, base);
        arrow.closePath();
        g.setColor(new Color(rgb(value)));
        g.fill(arrow);
        g.setColor(Drawing.INK);
        g.setStroke(new BasicStroke(0.75f));
        g.draw(arrow);
    }
}
