package org.tornadolens.notebook;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The size of a PNG. @param dotsPerInch its resolution */
record PngSize(int width, int height, double dotsPerInch) {

    private static final int HEADER = 8, LENGTH_TYPE_AND_CHECK = 12, CSS_DOTS = 96;
    private static final double METRES_PER_INCH = 0.0254;

    /** Reads the chunks IHDR and pHYs (PNG specification, 11.2.2 and 11.3.5.3). */
    static PngSize of(byte[] png) {
        ByteBuffer in = ByteBuffer.wrap(png);
        int width = 0, height = 0;
        double dots = CSS_DOTS;
        for (int at = HEADER; at + LENGTH_TYPE_AND_CHECK <= png.length; at += LENGTH_TYPE_AND_CHECK + in.getInt(at)) {
            int data = at + 8;
            switch (new String(png, at + 4, 4, StandardCharsets.US_ASCII)) {
                case "IHDR" -> {
                    width = in.getInt(data);
                    height = in.getInt(data + 4);
                }
                case "pHYs" -> dots = in.getInt(data) * METRES_PER_INCH;
                default -> {}
            }
        }
        return new PngSize(width, height, dots);
    }

    /** The width on a screen, in CSS pixels, which are 1/96 inch. */
    long cssWidth() {
        return Math.round(width * CSS_DOTS / dotsPerInch);
    }

    long cssHeight() { return Math.round(height * CSS_DOTS / dotsPerInch); }
}
