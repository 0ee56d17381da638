package org.tornadolens.dsl.chart;

import java.awt.Graphics2D;
import java.util.List;
import java.util.function.Consumer;

/**
 * The colour bar or legend beside a plot, laid out from its own upper left corner.
 *
 * @param above the points it needs above the plot's upper edge
 * @param foot  whether it stands under the plot and its axis, not at the right
 */
record Side(double width, double height, double above, List<Label> labels, Consumer<Graphics2D> rest, boolean foot) {

    static final Side NONE = new Side(0, 0, 0, List.of(), g -> {}, false);

    boolean right() { return width > 0 && !foot; }
}
