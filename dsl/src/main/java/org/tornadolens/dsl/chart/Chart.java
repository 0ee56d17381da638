package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * A chart that can be saved as a picture. Its data and options were checked when it was made.
 *
 * <p>A kind of chart that scripts can draw is a class of this package with a method
 * {@code static … of(ChartData, Options)}, by whose class name {@link #of} finds it.
 */
public interface Chart {

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

    /**
     * Returns a chart of one kind.
     *
     * @param kind the simple name of its class
     */
    static Chart of(String kind, ChartData data, Options options) {
        try {
            Class<?> type = Class.forName(Chart.class.getPackageName() + "." + kind);
            MethodType signature = MethodType.methodType(type, ChartData.class, Options.class);
            return type.asSubclass(Chart.class).cast(
                    MethodHandles.lookup().findStatic(type, "of", signature).invoke(data, options));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(kind + " is no chart with a method of(ChartData, Options)", e);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
