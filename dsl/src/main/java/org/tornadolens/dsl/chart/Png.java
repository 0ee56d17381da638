package org.tornadolens.dsl.chart;

import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;

/** Writes drawings as PNG files. */
final class Png {

    /** Pixels per point: 288 dots per inch. A large drawing gets fewer, to stay within {@link #PIXELS}. */
    static final int SCALE = 4;
    private static final double PIXELS = 24e6;

    private Png() {}

    private static double scale(Drawing drawing) {
        return Math.min(SCALE, Math.sqrt(PIXELS / (drawing.width() * drawing.height())));
    }

    static BufferedImage image(Drawing drawing) {
        double scale = scale(drawing);
        BufferedImage image = new BufferedImage((int) Math.ceil(drawing.width() * scale),
                (int) Math.ceil(drawing.height() * scale), BufferedImage.TYPE_INT_RGB);
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

    static void write(Drawing drawing, OutputStream to) throws IOException {
        BufferedImage image = image(drawing);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(to)) {
            writer.setOutput(out);
            IIOMetadata metadata = writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image),
                    writer.getDefaultWriteParam());
            IIOMetadataNode root = new IIOMetadataNode("javax_imageio_png_1.0");
            IIOMetadataNode resolution = new IIOMetadataNode("pHYs");
            String pixelsPerMetre = Integer.toString((int) Math.round(scale(drawing) * 72 / 0.0254));
            resolution.setAttribute("pixelsPerUnitXAxis", pixelsPerMetre);
            resolution.setAttribute("pixelsPerUnitYAxis", pixelsPerMetre);
            resolution.setAttribute("unitSpecifier", "meter");
            root.appendChild(resolution);
            metadata.mergeTree("javax_imageio_png_1.0", root);
            writer.write(new IIOImage(image, null, metadata));
        } finally {
            writer.dispose();
        }
    }
}
