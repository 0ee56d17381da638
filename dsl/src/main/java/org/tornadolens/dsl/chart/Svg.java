package org.tornadolens.dsl.chart;

import java.awt.Dimension;
import java.awt.image.RenderedImage;
import java.io.IOException;
import java.io.OutputStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.batik.svggen.ImageHandlerBase64Encoder;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.apache.batik.svggen.SVGGraphics2DIOException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Writes drawings as SVG files. Text is drawn as outlines, so that it looks the same without the font. */
final class Svg {

    private Svg() {}

    static void write(Drawing drawing, OutputStream out) throws IOException {
        SVGGeneratorContext context = SVGGeneratorContext.createDefault(document());
        context.setComment(null);
        context.setPrecision(4);
        context.setImageHandler(new EmbeddedPng());
        SVGGraphics2D g = new SVGGraphics2D(context, true);
        g.setSVGCanvasSize(new Dimension((int) Math.ceil(drawing.width()), (int) Math.ceil(drawing.height())));
        drawing.paint(g);
        Element root = g.getRoot();
        root.setAttribute("width", drawing.width() + "pt");
        root.setAttribute("height", drawing.height() + "pt");
        root.setAttribute("viewBox", "0 0 " + drawing.width() + " " + drawing.height());
        try {
            TransformerFactory.newInstance().newTransformer().transform(new DOMSource(root), new StreamResult(out));
        } catch (TransformerException e) {
            throw new IOException(e);
        }
    }

    private static Document document() {
        try {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().getDOMImplementation()
                    .createDocument("http://www.w3.org/2000/svg", "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Embeds images as PNG; Batik's own image writer is in a module that depends on all of Batik. */
    private static final class EmbeddedPng extends ImageHandlerBase64Encoder {
        @Override public void encodeImage(RenderedImage image, OutputStream out) throws SVGGraphics2DIOException {
            try {
                ImageIO.write(image, "png", out);
            } catch (IOException e) {
                throw new SVGGraphics2DIOException(e.getMessage(), e);
            }
        }
    }
}
