package org.tornadolens.dsl.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** A range of values with a tick at every multiple of {@code step}, which is 1, 2, 2.5 or 5 times a power of ten. */
record Scale(double lo, double hi, double step) {

    private static final double[] ROUND = {1, 2, 2.5, 5};
    private static final double NEAR = 1e-9;   // of a step: tolerance for rounding errors

    Scale {
        lo += 0.0;   // turns -0 into 0
        hi += 0.0;
    }

    /** Returns the narrowest range around the values whose two ends are ticks, with 3 to 6 steps. */
    static Scale around(double min, double max) {
        return narrowest(min, max, 3, 6);
    }

    /** Returns such a range that includes zero, for lengths of bars and for colours. */
    static Scale fromZero(double min, double max) {
        return around(Math.min(0, min), Math.max(0, max));
    }

    /** Returns the narrowest range centred on zero whose two ends are ticks, with 2 to 5 steps on each side. */
    static Scale centred(double largest) {
        Scale half = narrowest(0, largest, 2, 5);
        return new Scale(-half.hi, half.hi, half.step);
    }

    /** Returns exactly this range, with at most {@code most} steps inside. */
    static Scale exactly(double lo, double hi, int most) {
        double least = (hi - lo) / Math.max(1, most);
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double round : new double[]{1, 2, 5})
            if (round * power >= least * (1 - NEAR)) return new Scale(lo, hi, round * power);
        return new Scale(lo, hi, 10 * power);
    }

    /** Returns a range of integers, whose step is at least one. */
    static Scale integers(double lo, double hi, int most) {
        Scale scale = exactly(lo, hi, most);
        return new Scale(lo, hi, Math.max(1, scale.step));
    }

    /** Returns this range with at most {@code most} steps. */
    Scale thinned(int most) {
        return (hi - lo) / step <= most + NEAR ? this : exactly(lo, hi, most);
    }

    private static Scale narrowest(double min, double max, int fewest, int most) {
        if (min == max) {   // all values are equal: from there to zero
            if (min == 0) max = 1;
            else if (min > 0) min = 0;
            else max = 0;
        }
        double start = Math.pow(10, Math.floor(Math.log10((max - min) / most)));
        Scale best = null;
        for (double power : new double[]{start, 10 * start}) {
            for (double round : ROUND) {
                double step = round * power;
                double lo = Math.floor(min / step + NEAR) * step, hi = Math.ceil(max / step - NEAR) * step;
                long steps = Math.round((hi - lo) / step);
                if (steps < fewest || steps > most) continue;
                Scale scale = new Scale(lo, hi, step);
                if (best == null || scale.better(best)) best = scale;
            }
        }
        return best == null ? exactly(min, max, most) : best;
    }

    /** Orders ranges by width, then by the length of their labels, then by the number of ticks. */
    private boolean better(Scale other) {
        double width = hi - lo, otherWidth = other.hi - other.lo;
        if (Math.abs(width - otherWidth) > NEAR * otherWidth) return width < otherWidth;
        int digits = digits(step), otherDigits = digits(other.step);
        return digits != otherDigits ? digits < otherDigits : step > other.step;
    }

    /** Returns the place of {@code value}: 0 at {@code lo}, 1 at {@code hi}. */
    double fraction(double value) {
        return (value - lo) / (hi - lo);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        long first = (long) Math.ceil(lo / step - NEAR), last = (long) Math.floor(hi / step + NEAR);
        for (long i = first; i <= last; i++) ticks.add(i * step);
        return ticks;
    }

    /** Returns the power of ten that is written beside the axis instead of in the labels; 0 for ordinary sizes. */
    int exponent() {
        double largest = Math.max(Math.abs(lo), Math.abs(hi));
        if (largest >= 1e-3 * (1 - NEAR) && largest < 1e6) return 0;
        return (int) Math.floor(Math.log10(largest) + NEAR);
    }

    /** {@code ×10⁻⁵}, or nothing. */
    String factor() { return exponent() == 0 ? "" : "×" + power(exponent()); }

    String label(double tick) {
        int shift = exponent();
        int decimals = decimals(step, shift);
        BigDecimal rounded = new BigDecimal(tick).movePointLeft(shift).setScale(decimals, RoundingMode.HALF_UP);
        return (rounded.signum() == 0 ? BigDecimal.ZERO : rounded).toPlainString().replace('-', '−');
    }

    /** {@code 10⁻³}. */
    static String power(int exponent) {
        StringBuilder out = new StringBuilder("10");
        for (char digit : Integer.toString(exponent).toCharArray())
            out.append(digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(digit - '0'));
        return out.toString();
    }

    private static int digits(double step) {
        return new BigDecimal(step).round(new MathContext(6)).stripTrailingZeros().precision();
    }

    private static int decimals(double step, int shift) {
        BigDecimal exact = new BigDecimal(step).round(new MathContext(6)).movePointLeft(shift).stripTrailingZeros();
        return Math.max(0, exact.scale());
    }
}
