package org.tornadolens.dsl.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * A chart that can be saved as a picture. Its data and options were checked when it was made.
 *
 * <p>A kind of chart that scripts can draw is a class of this package with a method
 * {@code static … of(ChartData, Options)}, by whose class name {@link #of} finds it.
 */
public interface Chart {

    /** The longer side of a single plot, in points. */
    int PLOT = 300;

    /** Returns the options that the chart was made with. */
    Options options();

    /** Returns the names of the series; nothing for charts that have none. */
    default Optional<Legend.Key> key() {
        return Optional.empty();
    }

    /** Lays the chart out. */
    Drawing draw(Sheet sheet);

    /** Lays the chart out for a screen, its plot about {@code plot} points along the longer side. */
    default Drawing draw(double plot) {
        return draw(Sheet.SCREEN.plot(plot));
    }

    /** Lays the chart out for paper: a picture {@code width} points wide. */
    default Drawing fitted(double width) {
        return Fit.of(this, width).drawing();
    }

    /** Lays the chart out as its options ask for. */
    default Drawing laidOut() {
        return options().width().map(width -> fitted(width.points())).orElse(draw(PLOT));
    }

    /** Returns a description in one line: {@code heat map "Induction" of [layer 6, head 8]}. */
    String description();

    /** Writes the chart, with what it says about itself. */
    default void write(Picture picture, OutputStream out, About about) throws IOException {
        double dots = options().width().map(Width::dotsPerInch).orElse(Png.SCREEN);
        picture.write(laidOut(), dots, about.titled(options().title()), out);
    }

    default void write(Picture picture, OutputStream out) throws IOException { write(picture, out, About.NOTHING); }

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
