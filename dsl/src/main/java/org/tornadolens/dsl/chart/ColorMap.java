package org.tornadolens.dsl.chart;

import java.awt.Color;

/** Colours for values from 0 to 1. Equal steps in value are equal steps in CIE lightness. */
public enum ColorMap {

    /** White to dark blue, for values that start at zero or have no middle. */
    SEQUENTIAL(ramp(0xFFFFFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B)),

    /** Dark blue to white, for values that end at zero: the further from zero, the darker. */
    SEQUENTIAL_NEGATIVE(reversed(SEQUENTIAL.colors)),

    /** Blue for negative values, white for zero, red for positive ones. */
    DIVERGING(join(ramp(0xFFFFFF, 0xD1E5F0, 0x92C5DE, 0x4393C3, 0x2166AC, 0x053061),
            ramp(0xFFFFFF, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F)));

    private final int[] colors;   // an odd number if there is a middle colour

    ColorMap(int[] colors) { this.colors = colors; }

    /** Returns the colour of a value as 0xRRGGBB; values beyond 0 and 1 get that of the end. */
    public int rgb(double value) {
        return colors[(int) Math.round(Math.clamp(value, 0, 1) * (colors.length - 1))];
    }

    Color color(double value) { return new Color(rgb(value)); }

    private static final int STEPS = 256;
    private static final int SAMPLES = 4096;

    /** Returns the colours from the first stop, the lightest, to the last; their lightness decreases evenly. */
    private static int[] ramp(int... stops) {
        double[] lightness = new double[SAMPLES + 1];
        for (int i = 0; i <= SAMPLES; i++) lightness[i] = lightness(between(stops, (double) i / SAMPLES));
        int[] colors = new int[STEPS];
        for (int i = 0, at = 0; i < STEPS; i++) {
            double wanted = lightness[0] + (lightness[SAMPLES] - lightness[0]) * i / (STEPS - 1);
            while (at < SAMPLES && lightness[at] > wanted) at++;
            colors[i] = between(stops, (double) at / SAMPLES);
        }
        return colors;
    }

    private static int between(int[] stops, double along) {
        double place = along * (stops.length - 1);
        int left = Math.min((int) place, stops.length - 2);
        double part = place - left;
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int a = stops[left] >> shift & 255, b = stops[left + 1] >> shift & 255;
            color |= (int) Math.round(a + part * (b - a)) << shift;
        }
        return color;
    }

    /** Returns CIE L*, 0 to 100, of an sRGB colour. */
    static double lightness(int rgb) {
        double y = 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255);
        return y > 216.0 / 24389 ? 116 * Math.cbrt(y) - 16 : y * 24389 / 27;
    }

    private static double linear(int channel) {
        double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }

    private static int[] reversed(int[] colors) {
        int[] out = new int[colors.length];
        for (int i = 0; i < out.length; i++) out[i] = colors[out.length - 1 - i];
        return out;
    }

    /** Joins two ramps at their common first colour. */
    private static int[] join(int[] down, int[] up) {
        int[] out = new int[down.length + up.length - 1];
        for (int i = 0; i < down.length; i++) out[down.length - 1 - i] = down[i];
        System.arraycopy(up, 1, out, down.length, up.length - 1);
        return out;
    }
}
