package org.tornadolens.dsl.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.Picture;

/** A chart as an image inside the page: SVG, or PNG where that is smaller than an SVG of very many marks. */
final class Image {

    private static final int LARGE = 2 << 20;                    // bytes of an SVG, which a browser draws at once
    private static final double PIXELS = 96 / 72.0;              // of CSS, to a point
    private static final Pattern WIDTH = Pattern.compile("<svg[^>]*?\\swidth=\"([\\d.]+)pt\"", Pattern.DOTALL);

    private Image() {}

    static String of(Chart chart) throws IOException {
        byte[] svg = bytes(chart, Picture.SVG), png = svg.length > LARGE ? bytes(chart, Picture.PNG) : svg;
        boolean drawn = svg.length <= png.length;
        Matcher width = WIDTH.matcher(new String(svg, 0, Math.min(svg.length, 4096), StandardCharsets.UTF_8));
        String size = width.find() ? " width=\"" + Math.round(Double.parseDouble(width.group(1)) * PIXELS) + "\"" : "";
        return "<img" + size + " alt=\"" + Markup.attribute(chart.description()) + "\" src=\"data:image/"
                + (drawn ? "svg+xml" : "png") + ";base64," + Base64.getEncoder().encodeToString(drawn ? svg : png)
                + "\">";
    }

    private static byte[] bytes(Chart chart, Picture picture) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        chart.write(picture, out);
        return out.toByteArray();
    }
}
