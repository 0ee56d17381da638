package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ScaleTest {

    private static List<String> labels(Scale scale) { return scale.ticks().stream().map(scale::label).toList(); }

    @Test void aRangeEndsAtRoundNumbersAroundTheValues() {
        assertEquals(List.of("0", "0.2", "0.4", "0.6", "0.8", "1.0"), labels(Scale.fromZero(0.02, 0.97)));
        assertEquals(List.of("0", "0.25", "0.50", "0.75"), labels(Scale.fromZero(0, 0.7)));
        assertEquals(List.of("−4", "−3", "−2", "−1", "0"), labels(Scale.fromZero(-3.9, -0.1)));
        assertEquals(List.of("20", "21", "22", "23"), labels(Scale.around(20.1, 23)));
    }

    @Test void aCentredRangeIsSymmetricAndHasATickAtZero() {
        assertEquals(List.of("−1.0", "−0.5", "0", "0.5", "1.0"), labels(Scale.centred(0.93)));
        assertEquals(List.of("−2", "−1", "0", "1", "2"), labels(Scale.centred(2)));
    }

    @Test void stepsAreRoundAndTheRangeIsNeverMuchWiderThanTheValues() {
        for (double power : new double[]{1e-30, 1e-5, 1, 1e9, 1e30}) {
            for (double max = 1; max < 10; max += 0.013) {
                for (Scale scale : new Scale[]{Scale.fromZero(0, max * power), Scale.centred(max * power),
                        Scale.fromZero(-max * power, 0)}) {
                    double digits = scale.step() / Math.pow(10, Math.floor(Math.log10(scale.step() * (1 + 1e-9))));
                    assertTrue(List.of(10, 20, 25, 50).contains((int) Math.round(10 * digits)), "step " + scale.step());
                    double reach = Math.max(Math.abs(scale.lo()), scale.hi());
                    assertTrue(reach >= max * power * (1 - 1e-9) && reach <= 1.55 * max * power,
                            max * power + " in " + scale);
                    assertTrue(scale.ticks().size() >= 3 && scale.ticks().size() <= 11, scale.toString());
                }
            }
        }
    }

    @Test void valuesThatAreAllAlikeStillHaveARange() {
        assertEquals(List.of("0", "0.2", "0.4", "0.6", "0.8", "1.0"), labels(Scale.fromZero(0, 0)));
        assertEquals(2.5, Scale.around(2.5, 2.5).hi());
        assertEquals(0, Scale.around(-7, -7).hi());
    }

    @Test void verySmallAndVeryLargeNumbersShareAFactor() {
        Scale tiny = Scale.fromZero(0, 2.9e-5);
        assertEquals("×10⁻⁵", tiny.factor());
        assertEquals(List.of("0", "1", "2", "3"), labels(tiny));
        Scale large = Scale.fromZero(0, 4.7e6);
        assertEquals("×10⁶", large.factor());
        assertEquals(List.of("0", "1", "2", "3", "4", "5"), labels(large));
        assertEquals("", Scale.fromZero(0, 1200).factor());
    }

    @Test void integersHaveNoTicksBetween() {
        assertEquals(List.of("0", "1", "2", "3"), labels(Scale.integers(-0.1, 3.1, 12)));
        assertEquals(List.of("0", "5", "10", "15", "20", "25", "30"), labels(Scale.integers(-1, 32, 12)));
    }
}
