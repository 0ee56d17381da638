package org.tornadolens.dsl.chart;

import java.util.Optional;
import org.tornadolens.UsageException;

/**
 * A line to compare with: at one x or one y, or y = x where there is neither.
 *
 * @param label text beside the line; may be empty
 * @param style {@code solid}, {@code dashed}, {@code dotted} or {@code dash-dot}
 */
public record Reference(Optional<Double> x, Optional<Double> y, String label, String style) {

    public Reference {
        if (x.isPresent() && y.isPresent())
            throw new UsageException("a reference line is at one x or at one y: give two lines for both");
        if (x.or(() -> y).filter(at -> !Double.isFinite(at)).isPresent())
            throw new UsageException("a reference line is at a finite number, not " + x.or(() -> y).get());
        LineStyle.of(style);
    }

    boolean diagonal() { return x.isEmpty() && y.isEmpty(); }

    /** Returns the line on an axis of exponents, where {@code log} says so. */
    Reference exponents(boolean logX, boolean logY) {
        return new Reference(logX ? x.map(at -> exponent("x", at)) : x, logY ? y.map(at -> exponent("y", at)) : y,
                label, style);
    }

    private static double exponent(String axis, double at) {
        if (at <= 0)
            throw new UsageException("a logarithmic " + axis + " axis takes only positive numbers, but the reference "
                    + "line is at " + at);
        return Math.log10(at);
    }
}
