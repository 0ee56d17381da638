package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A chart after layout: its size in points (1/72 inch), the place of its plot, its texts, and the painter of the rest.
 *
 * @param plot  the part inside the axes; charts in one row are aligned by it
 * @param frame the frame around the plot, if it has one
 */
record Drawing(double width, double height, Rectangle2D plot, List<Label> labels, Consumer<Graphics2D> rest,
        Optional<Frame> frame) {

    static final Color INK = new Color(0x262626);
    private static final Color GROUND = new Color(255, 255, 255, 205);

    void paint(Graphics2D g) {
        rest.accept(g);
        for (Label label : labels) label.paint(g);
    }

    /** Paints a part with its own corner at (x, y). */
    static void at(Graphics2D g, double x, double y, Consumer<Graphics2D> part) {
        AffineTransform before = g.getTransform();
        g.translate(x, y);
        part.accept(g);
        g.setTransform(before);
    }

    /** Returns the drawing with something painted over its plot, in the plot's own points. */
    Drawing over(Consumer<Graphics2D> painter) {
        return new Drawing(width, height, plot, labels,
                rest.andThen(g -> at(g, plot.getX(), plot.getY(), painter)), frame);
    }

    /** Returns the drawing with labels in its plot, in the plot's own points. */
    Drawing with(List<Label> more) {
        List<Label> all = new ArrayList<>(labels);
        for (Label label : more) all.add(label.moved(plot.getX(), plot.getY()));
        return new Drawing(width, height, plot, all, rest, frame);
    }

    /** Returns the drawing with such labels on white ground, so that they can be read over lines and cells. */
    Drawing withGrounded(List<Label> more) {
        return over(g -> {
            g.setColor(GROUND);
            for (Label label : more) g.fill(label.box());
        }).with(more);
    }

    /** Returns the drawing in the middle of a wider one. */
    Drawing widened(double width) {
        double dx = (width - this.width) / 2;
        return new Drawing(width, height,
                new Rectangle2D.Double(plot.getX() + dx, plot.getY(), plot.getWidth(), plot.getHeight()),
                labels.stream().map(label -> label.moved(dx, 0)).toList(), g -> at(g, dx, 0, rest), frame);
    }

    /** Returns the drawing with everything, its text as well, made smaller or larger. */
    Drawing scaled(double by) {
        return new Drawing(width * by, height * by,
                new Rectangle2D.Double(plot.getX() * by, plot.getY() * by, plot.getWidth() * by, plot.getHeight() * by),
                labels.stream().map(label -> label.scaled(by)).toList(), g -> {
                    AffineTransform before = g.getTransform();
                    g.scale(by, by);
                    rest.accept(g);
                    g.setTransform(before);
                }, frame);
    }
}
