package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ColorMapTest {

    @Test void equalStepsInValueAreEqualStepsInLightness() {
        assertEven(ColorMap.SEQUENTIAL, 0, 1);
        assertEven(ColorMap.SEQUENTIAL_NEGATIVE, 0, 1);
        assertEven(ColorMap.DIVERGING, 0, 0.5);
        assertEven(ColorMap.DIVERGING, 0.5, 1);
    }

    private static void assertEven(ColorMap map, double from, double to) {
        double start = ColorMap.lightness(map.rgb(from)), end = ColorMap.lightness(map.rgb(to));
        for (int i = 0; i <= 20; i++) {
            assertEquals(start + (end - start) * i / 20, ColorMap.lightness(map.rgb(from + (to - from) * i / 20)), 1,
                    map + " at " + i + "/20");
        }
    }

    @Test void theMiddleIsExactlyWhite() { assertEquals(0xFFFFFF, ColorMap.DIVERGING.rgb(0.5)); }

    @Test void valuesBeyondTheEndsHaveTheEndsColours() {
        assertEquals(ColorMap.DIVERGING.rgb(0), ColorMap.DIVERGING.rgb(-3));
        assertEquals(ColorMap.SEQUENTIAL.rgb(1), ColorMap.SEQUENTIAL.rgb(7));
    }
}
