package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Font;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The frame of every plot: title, axes with their ticks, and the colour bar or legend.
 *
 * <p>XChart draws the lines, bars and points. The frame is our own because charts of papers need ticks at chosen
 * values, numbers aligned at the axis, and the same look around a heat map, none of which XChart offers.
 */
record Frame(String title, Line x, Line y, double width, double height, Side side) {

    /** An axis: its title, which may be empty, and its ticks. */
    record Line(String title, Ticks ticks) {
        String fullTitle() {
            if (ticks.factor().isEmpty()) return title;
            return title.isEmpty() ? ticks.factor() : title + " (" + ticks.factor() + ")";
        }
    }

    private static final double PAD = 6, GAP = 3, TICK = 3;
    private static final double TITLE = 12, AXIS_TITLE = 10;   // font sizes
    private static final double LEADING = 1.25;                // of a line's height
    private static final double BESIDE = 12;                   // between plot and side
    private static final double NARROWEST_TITLE = 200;

    /** Lays out the chart; {@code marks} paints the plot with its upper left corner at (0, 0). */
    Drawing around(Consumer<Graphics2D> marks) {
        Font axisFont = Fonts.size(AXIS_TITLE), titleFont = Fonts.size(TITLE);
        double line = AXIS_TITLE * LEADING, titleLine = TITLE * LEADING;

        List<String> yTitle = lines(y.fullTitle(), axisFont, Math.max(height, NARROWEST_TITLE / 2));
        double yTitleWidth = yTitle.isEmpty() ? 0 : yTitle.size() * line + GAP;
        double tickLabelsRight = PAD + yTitleWidth + y.ticks.widest();
        double left = Math.ceil(Math.max(tickLabelsRight + GAP + TICK, PAD + overhang(x.ticks, false)));

        List<String> xTitle = lines(x.fullTitle(), axisFont, Math.max(width, NARROWEST_TITLE / 2));
        double right = Math.max(side.width() == 0 ? 0 : BESIDE + side.width(), overhang(x.ticks, true)) + PAD;
        double xTitleOverhang =
                xTitle.stream().mapToDouble(text -> Fonts.width(text, axisFont)).max().orElse(0) / 2 + PAD - width / 2;
        left = Math.ceil(Math.max(left, xTitleOverhang));
        double total = Math.ceil(left + width + Math.max(right, xTitleOverhang));

        List<String> titleLines = lines(title, titleFont, Math.max(total - 2 * PAD, NARROWEST_TITLE));
        double titleWidth = titleLines.stream().mapToDouble(text -> Fonts.width(text, titleFont)).max().orElse(0);
        total = Math.ceil(Math.max(total, titleWidth + 2 * PAD));
        double titleHeight = titleLines.isEmpty() ? 0 : titleLines.size() * titleLine + PAD;   // half a tick label fits
        double yTitleOverhang =
                yTitle.stream().mapToDouble(text -> Fonts.width(text, axisFont)).max().orElse(0) / 2 - height / 2;
        double top = Math.ceil(PAD + titleHeight + Math.max(side.above(), Math.max(0, yTitleOverhang)));

        double tickLabelsHeight = x.ticks.ticks().isEmpty() ? 0 : x.ticks.upward() ? x.ticks.widest()
                : Label.LINE * x.ticks.font().getSize2D();
        double xTitleTop = top + height + TICK + GAP + tickLabelsHeight + GAP;
        double bottom = xTitleTop + xTitle.size() * line + GAP;
        double tall = Math.ceil(PAD
                + Math.max(Math.max(bottom, top + side.height() + GAP), top + height + Math.max(0, yTitleOverhang)));

        List<Label> labels = new ArrayList<>();
        double middle = Math.clamp(left + width / 2, PAD + titleWidth / 2, total - PAD - titleWidth / 2);
        for (int i = 0; i < titleLines.size(); i++)
            labels.add(Label.centred(titleLines.get(i), titleFont, middle, PAD + (i + 0.5) * titleLine));
        for (int i = 0; i < xTitle.size(); i++)
            labels.add(Label.centred(xTitle.get(i), axisFont, left + width / 2, xTitleTop + (i + 0.5) * line));
        for (int i = 0; i < yTitle.size(); i++)
            labels.add(new Label(yTitle.get(i), axisFont,
                    left - TICK - GAP - y.ticks.widest() - GAP - (yTitle.size() - i - 0.5) * line, top + height / 2,
                    true));
        for (Ticks.Tick tick : x.ticks.ticks()) {
            double at = left + tick.at(), below = top + height + TICK + GAP;
            labels.add(x.ticks.upward() ? Label.upwardBelow(tick.label(), x.ticks.font(), at, below)
                    : Label.centred(tick.label(), x.ticks.font(), at,
                            below + Label.LINE * x.ticks.font().getSize2D() / 2));
        }
        for (Ticks.Tick tick : y.ticks.ticks())
            labels.add(Label.rightAligned(tick.label(), y.ticks.font(), left - TICK - GAP, top + tick.at()));
        double sideLeft = left + width + BESIDE;
        for (Label label : side.labels()) labels.add(label.moved(sideLeft, top));

        Rectangle2D plot = new Rectangle2D.Double(left, top, width, height);
        return new Drawing(total, tall, plot, labels, g -> {
            at(g, plot.getX(), plot.getY(), marks);
            at(g, plot.getX(), plot.getY(), this::axes);
            at(g, sideLeft, plot.getY(), side.rest());
        });
    }

    /** Returns how far the first or last label extends beyond the axis. */
    private double overhang(Ticks ticks, boolean last) {
        if (ticks.ticks().isEmpty()) return 0;
        Ticks.Tick tick = last ? ticks.ticks().getLast() : ticks.ticks().getFirst();
        double half = ticks.upward() ? ticks.font().getSize2D() / 2 : Fonts.width(tick.label(), ticks.font()) / 2;
        return half - (last ? width - tick.at() : tick.at());
    }

    private static List<String> lines(String text, Font font, double width) {
        return text.isBlank() ? List.of() : Glyphs.wrap(text, font, width);
    }

    private void axes(Graphics2D g) {
        g.setColor(Drawing.INK);
        g.setStroke(new BasicStroke(0.75f));
        g.draw(new Rectangle2D.Double(0, 0, width, height));
        for (Ticks.Tick tick : x.ticks.ticks()) g.draw(new Line2D.Double(tick.at(), height, tick.at(), height + TICK));
        for (Ticks.Tick tick : y.ticks.ticks()) g.draw(new Line2D.Double(-TICK, tick.at(), 0, tick.at()));
    }

    private static void at(Graphics2D g, double x, double y, Consumer<Graphics2D> part) {
        AffineTransform before = g.getTransform();
        g.translate(x, y);
        part.accept(g);
        g.setTransform(before);
    }
}
