package org.tornadolens.dsl.chart;

import java.awt.Color;

/**
 * The colours of series: Paul Tol's, which colour-blind readers can tell apart, or a scale from dark to light for more
 * series than those.
 */
final class Palette {

    private static final int[] FEW = {0x4477AA, 0xEE6677, 0x228833, 0xCCBB44, 0x66CCEE, 0xAA3377, 0x222222, 0xEE7733};
    private static final int[] MANY = {0x440154, 0x3B528B, 0x21918C, 0x5EC962, 0xE3C800};

    private Palette() {}

    static Color of(int series, int count) {
        if (count <= FEW.length) return new Color(FEW[series]);
        double place = (double) series / (count - 1) * (MANY.length - 1);
        int left = Math.min((int) place, MANY.length - 2);
        Color a = new Color(MANY[left]), b = new Color(MANY[left + 1]);
        double part = place - left;
        return new Color(mix(a.getRed(), b.getRed(), part), mix(a.getGreen(), b.getGreen(), part),
                mix(a.getBlue(), b.getBlue(), part));
    }

    private static int mix(int a, int b, double part) { return (int) Math.round(a + part * (b - a)); }
}
