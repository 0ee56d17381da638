package org.tornadolens.dsl.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes drawings as PNG files. */
final class Png {

    /** Pixels per point of a chart without a width. */
    static final int SCALE = 4;

    /** Its dots per inch. */
    static final double SCREEN = 72 * SCALE;

    private static final double PIXELS = 24e6;
    private static final String FORMAT = "javax_imageio_png_1.0";

    private Png() {}

    /** Returns the pixels per point: fewer for a large drawing, to stay within {@link #PIXELS}. */
    private static double scale(Drawing drawing, double dotsPerInch) {
        return Math.min(dotsPerInch / 72, Math.sqrt(PIXELS / (drawing.width() * drawing.height())));
    }

    static BufferedImage image(Drawing drawing) { return image(drawing, SCREEN); }

    static BufferedImage image(Drawing drawing, double dotsPerInch) {
        double scale = scale(drawing, dotsPerInch);
        BufferedImage image = new BufferedImage((int) Math.ceil(drawing.width() * scale - ROUNDING),
                (int) Math.ceil(drawing.height() * scale - ROUNDING), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.scale(scale, scale);
        drawing.paint(g);
        g.dispose();
        return image;
    }

    private static final double ROUNDING = 1e-6;   // of a pixel

    static void write(Drawing drawing, double dotsPerInch, About about, OutputStream to) throws IOException {
        BufferedImage image = image(drawing, dotsPerInch);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(to)) {
            writer.setOutput(out);
            IIOMetadata metadata = writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image),
                    writer.getDefaultWriteParam());
            IIOMetadataNode root = new IIOMetadataNode(FORMAT);
            IIOMetadataNode resolution = new IIOMetadataNode("pHYs");
            String pixelsPerMetre = Integer.toString((int) Math.round(scale(drawing, dotsPerInch) * 72 / 0.0254));
            resolution.setAttribute("pixelsPerUnitXAxis", pixelsPerMetre);
            resolution.setAttribute("pixelsPerUnitYAxis", pixelsPerMetre);
            resolution.setAttribute("unitSpecifier", "meter");
            root.appendChild(resolution);
            IIOMetadataNode latin = new IIOMetadataNode("tEXt"), unicode = new IIOMetadataNode("iTXt");
            about.entries().forEach((name, value) -> {
                if (StandardCharsets.ISO_8859_1.newEncoder().canEncode(value)) latin.appendChild(latin(name, value));
                else unicode.appendChild(unicode(name, value));
            });
            if (latin.hasChildNodes()) root.appendChild(latin);
            if (unicode.hasChildNodes()) root.appendChild(unicode);
            metadata.mergeTree(FORMAT, root);
            writer.write(new IIOImage(image, null, metadata));
        } finally {
            writer.dispose();
        }
    }

    private static IIOMetadataNode latin(String name, String value) {
        IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
        entry.setAttribute("keyword", name);
        entry.setAttribute("value", value);
        return entry;
    }

    private static IIOMetadataNode unicode(String name, String value) {
        IIOMetadataNode entry = new IIOMetadataNode("iTXtEntry");
        entry.setAttribute("keyword", name);
        entry.setAttribute("compressionFlag", "FALSE");
        entry.setAttribute("compressionMethod", "0");
        entry.setAttribute("languageTag", "");
        entry.setAttribute("translatedKeyword", "");
        entry.setAttribute("text", value);
        return entry;
    }
}
