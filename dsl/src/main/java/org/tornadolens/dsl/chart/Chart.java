package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** A chart that can be saved as a picture. Its data and options were checked when it was made. */
public sealed interface Chart permits Heatmap, LineChart, ScatterChart, BarChart, Histogram, Graph, Grid {

    /** The longer side of a plot that stands alone, in points. */
    int PLOT = 300;

    /** Lays the chart out, its plot about {@code plot} points along the longer side. */
    Drawing draw(int plot);

    /** What it shows, in a line: {@code heat map "Induction" of [layer 6, head 8]}. */
    String description();

    /**
     * Writes a PNG of 288 dots per inch, whole or not at all; {@code .png} is added to a name without an extension.
     *
     * @return the file written
     * @throws IllegalArgumentException for another extension
     * @throws java.io.UncheckedIOException where the file cannot be written
     */
    default Path save(Path file) { return Png.save(draw(PLOT), file); }

    /** The bytes of the PNG that {@link #save} writes. */
    default void write(OutputStream out) throws IOException { Png.write(draw(PLOT), out); }

    /** The name of a chart's file, with its extension. */
    static String fileName(String name) { return Png.named(name); }
}
