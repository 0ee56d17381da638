package org.tornadolens.dsl.chart;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;

/**
 * The width of a figure and the resolution of its PNG.
 *
 * @param points 1/72 inch
 */
public record Width(double points, double dotsPerInch) {

    /** The column and the text of a page with two columns. */
    private static final Map<String, Double> INCHES = Map.of("column", 3.25, "page", 6.75);

    /** What makes an inch. */
    private static final Map<String, Double> UNITS = Map.of("in", 1.0, "mm", 25.4, "cm", 2.54, "pt", 72.0);
    private static final Pattern LENGTH = Pattern.compile("(\\d+(?:\\.\\d+)?) ?(in|mm|cm|pt)");
    private static final double LEAST = 1, MOST = 60;   // inches
    private static final int PRINT = 300, SCREEN = 144;

    /** Returns {@code column}, {@code page}, or a length such as {@code 4in} or {@code 120mm}, at 300 dots an inch. */
    public static Width of(String given) {
        Double inches = INCHES.get(given);
        Matcher length = LENGTH.matcher(given.strip().toLowerCase(Locale.ROOT));
        if (inches == null && length.matches())
            inches = Double.parseDouble(length.group(1)) / UNITS.get(length.group(2));
        if (inches == null)
            throw new UsageException("width \"" + given
                    + "\" is not one: give \"column\" (3.25in), \"page\" (6.75in), a length such as \"4in\" or "
                    + "\"120mm\", or a number of pixels");
        return checked(inches, PRINT, "\"" + given + "\"");
    }

    /** Returns a width in pixels of a screen, 144 to an inch. */
    public static Width ofPixels(double pixels) {
        return checked(Math.rint(pixels) / SCREEN, SCREEN, (long) pixels + " pixels");
    }

    private static Width checked(double inches, int dots, String given) {
        if (!(inches >= LEAST && inches <= MOST))
            throw new UsageException("width " + given + " is out of range: a figure is between 1 and 60 inches wide, "
                    + "or between " + SCREEN + " and " + 60 * SCREEN + " pixels");
        return new Width(inches * 72, dots);
    }
}
