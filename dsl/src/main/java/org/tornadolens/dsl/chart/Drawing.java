package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.function.Consumer;

/**
 * A chart after layout: its size in points (1/72 inch), the place of its plot, its texts, and the painter of the rest.
 *
 * @param plot the part inside the axes; charts in one row are aligned by it
 */
record Drawing(double width, double height, Rectangle2D plot, List<Label> labels, Consumer<Graphics2D> rest) {

    static final Color INK = new Color(0x262626);

    void paint(Graphics2D g) {
        rest.accept(g);
        g.setColor(INK);
        for (Label label : labels) label.paint(g);
    }
}
