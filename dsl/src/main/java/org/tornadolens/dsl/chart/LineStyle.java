package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.util.Locale;

/** How a line is drawn. */
enum LineStyle {
    SOLID, DASHED(5, 3), DOTTED(1, 2.5f), DASH_DOT(6, 2.5f, 1, 2.5f);

    private final float[] dashes;   // drawn and left free, in points, for a line 1.5 points wide

    LineStyle(float... dashes) { this.dashes = dashes; }

    static LineStyle of(String name) { return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')); }

    BasicStroke stroke(double width) {
        return dashes.length == 0 ? new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND)
                : new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dashes, 0);
    }
}
