package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;

/** A line of text in a chart: the middle of its box, in points, and whether it reads upwards. */
record Label(String text, Font font, double x, double y, boolean upward, Color color) {

    Label(String text, Font font, double x, double y, boolean upward) { this(text, font, x, y, upward, Drawing.INK); }

    /** Height of a line in font sizes, descenders and ␣ included. */
    static final double LINE = 1.2;
    static final double BASELINE = 0.36;   // of the font's size, below the middle: centres digits and capitals

    static Label centred(String text, Font font, double x, double y) { return new Label(text, font, x, y, false); }

    static Label rightAligned(String text, Font font, double right, double y) {
        return new Label(text, font, right - Fonts.width(text, font) / 2, y, false);
    }

    static Label leftAligned(String text, Font font, double left, double y) {
        return new Label(text, font, left + Fonts.width(text, font) / 2, y, false);
    }

    /** Returns a label that reads upwards and ends at {@code top}. */
    static Label upwardBelow(String text, Font font, double x, double top) {
        return new Label(text, font, x, top + Fonts.width(text, font) / 2, true);
    }

    Label moved(double dx, double dy) { return new Label(text, font, x + dx, y + dy, upward, color); }

    Label in(Color other) { return new Label(text, font, x, y, upward, other); }

    Label scaled(double by) {
        return new Label(text, font.deriveFont((float) (font.getSize2D() * by)), x * by, y * by, upward, color);
    }

    /** Returns the box of the text. */
    Rectangle2D box() {
        double width = Fonts.width(text, font), height = LINE * font.getSize2D();
        return upward ? new Rectangle2D.Double(x - height / 2, y - width / 2, height, width)
                : new Rectangle2D.Double(x - width / 2, y - height / 2, width, height);
    }

    void paint(Graphics2D g) {
        AffineTransform before = g.getTransform();
        g.setColor(color);
        g.setFont(font);
        g.translate(x, y);
        if (upward) g.rotate(-Math.PI / 2);
        g.drawString(text, (float) (-Fonts.width(text, font) / 2), (float) (font.getSize2D() * BASELINE));
        g.setTransform(before);
    }
}
