package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The reference lines of a plot, each with its label beside it where the fewest points are hidden.
 *
 * @param logX, logY whether an axis has exponents of ten; y = x is a curve if only one has
 */
record References(List<Reference> lines, AxisRange x, AxisRange y, boolean logX, boolean logY, double width,
        double height) {

    private static final Color LINE = new Color(0x6B6B6B);
    private static final double GAP = 2, POINT = 3;   // points beside a line; radius of a mark
    private static final int CURVE = 100, PLACES = 9;

    Consumer<Graphics2D> painted() {
        return g -> {
            java.awt.Shape before = g.getClip();
            g.clip(new Rectangle2D.Double(0, 0, width, height));
            g.setColor(LINE);
            for (Reference line : lines) {
                g.setStroke(LineStyle.of(line.style()).stroke(1));
                g.draw(way(line));
            }
            g.setClip(before);
        };
    }

    private java.awt.Shape way(Reference line) {
        if (line.x().isPresent()) {
            double at = across(line.x().get());
            return new Line2D.Double(at, 0, at, height);
        }
        if (line.y().isPresent()) {
            double at = down(line.y().get());
            return new Line2D.Double(0, at, width, at);
        }
        Path2D curve = new Path2D.Double();
        boolean begun = false;
        for (int i = 0; i <= CURVE; i++) {
            double along = x.lo() + (x.hi() - x.lo()) * i / CURVE;
            double value = equal(along);
            if (!Double.isFinite(value)) continue;
            if (begun) curve.lineTo(across(along), down(value));
            else curve.moveTo(across(along), down(value));
            begun = true;
        }
        return curve;
    }

    /** Returns the place on the vertical axis of the number at a place of the horizontal one. */
    private double equal(double along) {
        double number = logX ? Math.pow(10, along) : along;
        return logY ? Math.log10(number) : number;
    }

    private double across(double value) { return x.fraction(value) * width; }

    private double down(double value) { return (1 - y.fraction(value)) * height; }

    /**
     * Returns the labels inside the plot, in its own points.
     *
     * @param points  the places of the data
     * @param taken   boxes of other texts; those of the labels are added
     */
    List<Label> labels(Font font, List<double[]> points, List<Rectangle2D> taken) {
        List<Label> labels = new ArrayList<>();
        for (Reference line : lines) {
            if (line.label().isEmpty()) continue;
            String text = Glyphs.shortened(List.of(Glyphs.visible(line.label())), font, width - 2 * GAP).getFirst();
            Label best = null;
            long fewest = Long.MAX_VALUE;
            for (Label label : places(line, text, font)) {
                Rectangle2D box = label.box();
                if (taken.stream().anyMatch(box::intersects)) continue;
                if (box.getMinX() < 0 || box.getMaxX() > width || box.getMinY() < 0 || box.getMaxY() > height) continue;
                Rectangle2D near = new Rectangle2D.Double(box.getX() - POINT, box.getY() - POINT,
                        box.getWidth() + 2 * POINT, box.getHeight() + 2 * POINT);
                long hidden = points.stream().filter(point -> near.contains(point[0], point[1])).count();
                if (hidden >= fewest) continue;
                fewest = hidden;
                best = label;
            }
            if (best == null) continue;
            labels.add(best.in(LINE));
            taken.add(best.box());
        }
        return labels;
    }

    /** Returns places along a line and on both sides of it, the usual one first. */
    private List<Label> places(Reference line, String text, Font font) {
        List<Label> places = new ArrayList<>();
        double wide = Fonts.width(text, font) / 2 + GAP, tall = Label.LINE * font.getSize2D() / 2 + GAP / 2;
        for (int i = 0; i < PLACES; i++) {
            double part = (double) i / (PLACES - 1);
            if (line.x().isPresent()) {
                double at = across(line.x().get()), down = tall + part * (height - 2 * tall);
                places.add(Label.centred(text, font, at + wide, down));
                places.add(Label.centred(text, font, at - wide, down));
                continue;
            }
            double along = wide + (1 - part) * (width - 2 * wide);
            if (line.y().isPresent()) {
                double at = down(line.y().get());
                places.add(Label.centred(text, font, along, at - tall));
                places.add(Label.centred(text, font, along, at + tall));
                continue;
            }
            // beside a rising line: under its right, above its left
            double value = down(equal(x.lo() + (x.hi() - x.lo()) * along / width));
            double rise = Math.abs(down(equal(x.lo() + (x.hi() - x.lo()) * (along + wide) / width)) - value);
            places.add(Label.centred(text, font, along, value + rise + tall));
            places.add(Label.centred(text, font, along, value - rise - tall));
        }
        return places;
    }
}
