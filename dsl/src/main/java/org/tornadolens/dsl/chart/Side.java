package org.tornadolens.dsl.chart;

import java.awt.Graphics2D;
import java.util.List;
import java.util.function.Consumer;

/**
 * The colour bar or legend at the right of a plot, laid out from its own upper left corner.
 *
 * @param above the points it needs above the plot's upper edge
 */
record Side(double width, double height, double above, List<Label> labels, Consumer<Graphics2D> rest) {

    static final Side NONE = new Side(0, 0, 0, List.of(), g -> {});
}
