package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Font;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The frame of every plot: title, axes with their ticks, and the colour bar or legend.
 *
 * <p>XChart draws the lines, bars and points. The frame is our own because charts of papers need ticks at chosen
 * values, numbers aligned at the axis, and the same look around a heat map, none of which XChart offers.
 */
record Frame(Sheet sheet, String title, Line x, Line y, double width, double height, Side side) {

    /** An axis: its title, which may be empty, and its ticks. */
    record Line(String title, Ticks ticks) {
        String fullTitle() {
            if (ticks.factor().isEmpty()) return title;
            return title.isEmpty() ? ticks.factor() : title + " (" + ticks.factor() + ")";
        }
    }

    private static final double PAD = 6, GAP = 3, TICK = 3;
    private static final double LEADING = 1.25;                // of a line's height
    private static final double BESIDE = 12;                   // between plot and side

    /** Lays out the chart; {@code marks} paints the plot with its upper left corner at (0, 0). */
    Drawing around(Consumer<Graphics2D> marks) {
        return new Layout().drawing(marks);
    }

    private static Line shown(Line line, boolean title, boolean labels) {
        return new Line(title ? line.fullTitle() : "", labels ? line.ticks : line.ticks.withoutLabels());
    }

    /** The places of everything around the plot. */
    private final class Layout {
        private final Line across = shown(x, sheet.panel().xTitle(), sheet.panel().xLabels());
        private final Line upwards = shown(y, sheet.panel().yTitle(), sheet.panel().yLabels());
        private final Font axisFont = Fonts.size(sheet.axisTitle()), titleFont = Fonts.size(sheet.title());
        private final double pad = sheet.print() ? PAD / 2 : PAD;
        private final double line = sheet.axisTitle() * LEADING, titleLine = sheet.title() * LEADING;
        private final double beside = sheet.print() ? BESIDE / 2 : BESIDE;
        private final List<String> yTitle, xTitle, titleLines;
        private final double left, total, top, xTitleTop, footTop, tall, titleWidth;

        Layout() {
            yTitle = lines(upwards.title, axisFont, Math.max(height, sheet.narrowestAxisTitle()));
            xTitle = lines(across.title, axisFont, Math.max(width, sheet.narrowestAxisTitle()));
            double yTitleWidth = yTitle.isEmpty() ? 0 : yTitle.size() * line + GAP;
            double labelled = pad + yTitleWidth + upwards.ticks.widest() + GAP + TICK;
            double xTitleOverhang = widest(xTitle, axisFont) / 2 + pad - width / 2;
            double footOverhang = side.foot() ? side.width() / 2 + pad - width / 2 : 0;
            double most = Math.max(Math.max(labelled, pad + overhang(across.ticks, false)),
                    Math.max(xTitleOverhang, footOverhang));
            left = sheet.print() ? most : Math.ceil(most);
            double right = Math.max(side.right() ? beside + side.width() : 0, overhang(across.ticks, true)) + pad;
            double untitled = left + width + Math.max(right, Math.max(xTitleOverhang, footOverhang));
            if (!sheet.print()) untitled = Math.ceil(untitled);

            String lettered = sheet.panel().letter().isEmpty() ? title : (sheet.panel().letter() + " " + title).strip();
            titleLines = lines(lettered, titleFont, Math.max(untitled - 2 * pad, sheet.narrowestTitle()));
            titleWidth = widest(titleLines, titleFont);
            total = sheet.print() ? Math.max(untitled, titleWidth + 2 * pad)
                    : Math.ceil(Math.max(untitled, titleWidth + 2 * pad));
            // half a tick label fits above the plot
            double titleHeight = titleLines.isEmpty() ? 0 : titleLines.size() * titleLine + PAD;
            double yTitleOverhang = Math.max(0, widest(yTitle, axisFont) / 2 - height / 2);
            top = Math.ceil(PAD + titleHeight + Math.max(side.above(), yTitleOverhang));

            double labels = across.ticks.unlabelled() ? 0
                    : across.ticks.upward() ? across.ticks.widest() : Label.LINE * across.ticks.font().getSize2D();
            xTitleTop = top + height + TICK + GAP + labels + GAP;
            footTop = xTitleTop + xTitle.size() * line + GAP;
            double bottom = footTop + (side.foot() ? side.height() + GAP : 0);
            if (side.right()) bottom = Math.max(bottom, top + side.height() + GAP);
            tall = Math.ceil(pad + Math.max(bottom, top + height + yTitleOverhang));
        }

        Drawing drawing(Consumer<Graphics2D> marks) {
            double sideLeft = side.foot() ? left + width / 2 - side.width() / 2 : left + width + beside;
            double sideTop = side.foot() ? footTop : top;
            Rectangle2D plot = new Rectangle2D.Double(left, top, width, height);
            return new Drawing(total, tall, plot, labels(sideLeft, sideTop), g -> {
                Drawing.at(g, left, top, marks);
                Drawing.at(g, left, top, Frame.this::axes);
                Drawing.at(g, sideLeft, sideTop, side.rest());
            }, Optional.of(Frame.this));
        }

        private List<Label> labels(double sideLeft, double sideTop) {
            List<Label> labels = new ArrayList<>();
            double middle = Math.clamp(left + width / 2, pad + titleWidth / 2, total - pad - titleWidth / 2);
            for (int i = 0; i < titleLines.size(); i++)
                labels.add(Label.centred(titleLines.get(i), titleFont, middle, PAD + (i + 0.5) * titleLine));
            for (int i = 0; i < xTitle.size(); i++)
                labels.add(Label.centred(xTitle.get(i), axisFont, left + width / 2, xTitleTop + (i + 0.5) * line));
            double beyond = left - TICK - GAP - upwards.ticks.widest() - GAP;
            for (int i = 0; i < yTitle.size(); i++)
                labels.add(new Label(yTitle.get(i), axisFont, beyond - (yTitle.size() - i - 0.5) * line,
                        top + height / 2, true));
            Font tickFont = across.ticks.font();
            for (Ticks.Tick tick : across.ticks.labelled()) {
                double at = left + tick.at(), below = top + height + TICK + GAP;
                labels.add(across.ticks.upward() ? Label.upwardBelow(tick.label(), tickFont, at, below)
                        : Label.centred(tick.label(), tickFont, at, below + Label.LINE * tickFont.getSize2D() / 2));
            }
            for (Ticks.Tick tick : upwards.ticks.labelled())
                labels.add(Label.rightAligned(tick.label(), upwards.ticks.font(), left - TICK - GAP, top + tick.at()));
            for (Label label : side.labels()) labels.add(label.moved(sideLeft, sideTop));
            return labels;
        }
    }

    private static double widest(List<String> lines, Font font) {
        return lines.stream().mapToDouble(text -> Fonts.width(text, font)).max().orElse(0);
    }

    /** Returns how far the first or last label extends beyond the axis. */
    private double overhang(Ticks ticks, boolean last) {
        if (ticks.unlabelled()) return 0;
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
}
