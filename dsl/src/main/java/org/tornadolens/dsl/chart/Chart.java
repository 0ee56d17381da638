package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;

/** A chart that can be saved as a picture. Its data and options were checked when it was made. */
public sealed interface Chart permits Heatmap, LineChart, ScatterChart, BarChart, Histogram, Graph, Grid {

    /** The longer side of a single plot, in points. */
    int PLOT = 300;

    /** Lays the chart out, its plot about {@code plot} points along the longer side. */
    Drawing draw(int plot);

    /** Returns a description in one line: {@code heat map "Induction" of [layer 6, head 8]}. */
    String description();

    /** Writes the chart: a PNG has 288 dots per inch, SVG and PDF are drawn in lines and outlines. */
    default void write(Picture picture, OutputStream out) throws IOException {
        picture.write(draw(PLOT), out);
    }
}
