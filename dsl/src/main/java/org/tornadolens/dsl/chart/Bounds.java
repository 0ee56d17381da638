package org.tornadolens.dsl.chart;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The two ends of an error bar or of a band at each point; NaN where there is none. No arrays for no bars at all. */
public record Bounds(double[] lower, double[] upper) {

    private static final double BELOW = -1000;   // stands for the exponent of an end at or below zero

    static final Bounds NONE = new Bounds(new double[0], new double[0]);

    boolean none() { return lower.length == 0; }

    Bounds part(int from, int to) {
        return none() ? this : new Bounds(Arrays.copyOfRange(lower, from, to), Arrays.copyOfRange(upper, from, to));
    }

    Bounds at(int[] kept) {
        return none() ? this : new Bounds(Arrays.stream(kept).mapToDouble(i -> lower[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> upper[i]).toArray());
    }

    /** Returns the exponents of ten. An end at or below zero lies beyond the lower end of every axis. */
    Bounds exponents() {
        DoubleUnaryOperator exponent = end -> end > 0 ? Math.log10(end) : Double.isNaN(end) ? end : BELOW;
        return new Bounds(Arrays.stream(lower).map(exponent).toArray(), Arrays.stream(upper).map(exponent).toArray());
    }

    /** Returns the ends that an axis has to reach. */
    DoubleStream ends() {
        return DoubleStream.concat(Arrays.stream(lower), Arrays.stream(upper))
                .filter(end -> !Double.isNaN(end) && end != BELOW);
    }

    /** @param half half the length of the bar at each point */
    static Bounds around(double[] points, double[] half) {
        return new Bounds(IntStream.range(0, points.length).mapToDouble(i -> points[i] - half[i]).toArray(),
                IntStream.range(0, points.length).mapToDouble(i -> points[i] + half[i]).toArray());
    }
}
