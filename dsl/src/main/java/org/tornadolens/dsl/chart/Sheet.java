package org.tornadolens.dsl.chart;

import java.util.Optional;

/**
 * What a chart is laid out for: a screen, where the size of the plot is given, or paper, where the width of the whole
 * picture is. All lengths are in points.
 *
 * @param plot  the longer side of a plot
 * @param room  the width that the chart may take on paper; infinite on a screen
 * @param title, axisTitle, tick the font sizes
 * @param smallest the size to which labels shrink before some of them are left out
 * @param panel what the grid around the chart shows in its place
 */
record Sheet(double plot, double room, double title, double axisTitle, double tick, double smallest, Panel panel) {

    /**
     * The parts of a chart's frame that the chart shows itself, as a member of a grid.
     *
     * @param legend whether the grid does not show it
     * @param colors the scale of the whole grid, whose colour bar stands beside it
     * @param letter {@code (a)}, or nothing
     */
    record Panel(boolean xTitle, boolean xLabels, boolean yTitle, boolean yLabels, boolean legend,
            Optional<Colors> colors, String letter) {
        static final Panel ALONE = new Panel(true, true, true, true, true, Optional.empty(), "");
    }

    static final Sheet SCREEN = new Sheet(Chart.PLOT, Double.POSITIVE_INFINITY, 12, 10, 9, 6, Panel.ALONE);

    /** Text of 8 to 10 points, which papers ask for. */
    static Sheet paper(double width) {
        return new Sheet(width, width, 10, 9, 8, 8, Panel.ALONE);
    }

    boolean print() { return !Double.isInfinite(room); }

    Sheet plot(double points) { return new Sheet(points, room, title, axisTitle, tick, smallest, panel); }

    /** Returns the sheet of a member of a grid. */
    Sheet panel(double points, double share, Panel panel) {
        return new Sheet(points, share, print() ? axisTitle : title, axisTitle, tick, smallest, panel);
    }

    /** Returns the font size of a grid's title. */
    double heading() { return print() ? title : title + 2; }

    /** Returns the width to which a title is never broken. */
    double narrowestTitle() { return print() ? 60 : 200; }

    double narrowestAxisTitle() { return print() ? 60 : 100; }

    /** Returns the greatest length of a label beside a vertical axis. */
    double longestLabel() {
        return print() ? Math.clamp(room / 4, 40, 100) : 100;
    }

    /** Returns the greatest length of a label that reads upwards, which takes none of the width. */
    double longestUpward() {
        return print() ? 80 : 100;
    }

    /** Returns the height of a line of labels. */
    double line() { return Label.LINE * tick; }
}
