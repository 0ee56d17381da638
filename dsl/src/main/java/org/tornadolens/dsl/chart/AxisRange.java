package org.tornadolens.dsl.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * The ends and the ticks of an axis of points. On a logarithmic axis, all of them are exponents of ten.
 *
 * @param words labels of the places 0, 1, 2, …; empty if the axis has numbers
 */
record AxisRange(double lo, double hi, List<Mark> marks, String factor, List<String> words) {

    record Mark(double at, String label) {}

    private static final double MARGIN = 0.03;   // of the range, left free beside the outermost points
    private static final int MOST_DECADES = 8, PLAIN = 3;

    static AxisRange of(Scale scale) {
        List<Mark> marks = scale.ticks().stream().map(tick -> new Mark(tick, scale.label(tick))).toList();
        return new AxisRange(scale.lo(), scale.hi(), marks, scale.factor(), List.of());
    }

    /** Returns the range of the points with a margin; ticks are integers if all points are. */
    static AxisRange tight(double min, double max, boolean integers, int most) {
        double margin = min < max ? MARGIN * (max - min) : integers || min == 0 ? 0.5 : Math.abs(min) / 2;
        Scale scale = integers ? Scale.integers(min - margin, max + margin, most)
                : Scale.exactly(min - margin, max + margin, most);
        return of(scale);
    }

    /** @param min the exponent of the smallest value */
    static AxisRange logarithmic(double min, double max) {
        double margin = min == max ? 0.5 : MARGIN * (max - min);
        double lo = min - margin, hi = max + margin;
        int first = (int) Math.ceil(lo), last = (int) Math.floor(hi);
        List<Mark> marks = new ArrayList<>();
        if (hi - lo >= 2) {
            int step = (last - first) / MOST_DECADES + 1;
            boolean plain = first >= -PLAIN && last <= PLAIN;
            for (int exponent = first; exponent <= last; exponent += step) {
                marks.add(new Mark(exponent, plain ? number(Math.pow(10, exponent)) : Scale.power(exponent)));
            }
        } else {   // less than two decades on the axis: 1, 2 and 5 of each
            for (int exponent = (int) Math.floor(lo); exponent <= last; exponent++) {
                for (int digit : new int[]{1, 2, 5}) {
                    double at = exponent + Math.log10(digit);
                    if (at < lo || at > hi) continue;
                    boolean plain = Math.abs(exponent) <= PLAIN;
                    marks.add(new Mark(at,
                            plain ? number(digit * Math.pow(10, exponent)) : digit + "·" + Scale.power(exponent)));
                }
            }
        }
        return new AxisRange(lo, hi, marks, "", List.of());
    }

    /** Returns an axis with words at 0, 1, 2, … */
    static AxisRange of(List<String> words) {
        return new AxisRange(-0.5, words.size() - 0.5, List.of(), "", words);
    }

    double fraction(double value) { return (value - lo) / (hi - lo); }

    Ticks below(double length, Sheet sheet) {
        if (!words.isEmpty()) return Ticks.wordsBelow(words, length / words.size(), sheet);
        return new Ticks(marks.stream().map(mark -> new Ticks.Tick(fraction(mark.at) * length, mark.label)).toList(),
                Fonts.size(sheet.tick()), false, factor).apart();
    }

    Ticks beside(double length, Sheet sheet) {
        return new Ticks(
                marks.stream().map(mark -> new Ticks.Tick((1 - fraction(mark.at)) * length, mark.label)).toList(),
                Fonts.size(sheet.tick()), false, factor).above();
    }

    private static String number(double value) {
        return new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros().toPlainString();
    }
}
