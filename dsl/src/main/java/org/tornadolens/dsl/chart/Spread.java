package org.tornadolens.dsl.chart;

import java.util.Arrays;
import org.tornadolens.UsageException;

/**
 * Error bars or a band as a script gives them, one number for each point, series by series; NaN for none.
 *
 * @param lower half the length of each bar or, if there are upper ends, its lower ends
 * @param upper the upper ends; empty if the bars are symmetric
 */
public record Spread(double[] lower, double[] upper) {

    public Spread {
        lower = lower.clone();
        upper = upper.clone();
        for (int i = 0; i < lower.length; i++) {
            if (upper.length == 0 && lower[i] < 0)
                throw new UsageException("error " + i + " is " + lower[i] + ": an error is at least 0");
            if (i < upper.length && lower[i] > upper[i])
                throw new UsageException("lower end " + i + " is " + lower[i] + ", above the upper end " + upper[i]
                        + ": lower and upper are the ends themselves, not their distances from the point");
        }
        for (double end : lower) requireNotInfinite(end);
        for (double end : upper) requireNotInfinite(end);
    }

    public static Spread of(double... half) { return new Spread(half, new double[0]); }

    Bounds around(double[] points) {
        return upper.length == 0 ? Bounds.around(points, lower) : new Bounds(lower, upper);
    }

    Spread part(int from, int to) {
        return new Spread(Arrays.copyOfRange(lower, from, to),
                upper.length == 0 ? upper : Arrays.copyOfRange(upper, from, to));
    }

    private static void requireNotInfinite(double end) {
        if (Double.isInfinite(end)) throw new UsageException("an error is " + end + "; give NaN for none");
    }
}
