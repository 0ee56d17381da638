package org.tornadolens.dsl.chart;

import java.awt.Dimension;
import java.awt.image.RenderedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Base64;
import java.util.List;
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
import org.w3c.dom.Node;

/** Writes drawings as SVG files. Text stays text, and the file carries the characters of the font that it needs. */
final class Svg {

    private static final String SVG = "http://www.w3.org/2000/svg", RUN = "urn:tornadolens:run";

    private Svg() {}

    static void write(Drawing drawing, About about, OutputStream out) throws IOException {
        SVGGeneratorContext context = SVGGeneratorContext.createDefault(document());
        context.setComment(null);
        context.setPrecision(4);
        context.setImageHandler(new EmbeddedPng());
        SVGGraphics2D g = new SVGGraphics2D(context, true);
        g.setSVGCanvasSize(new Dimension((int) Math.ceil(drawing.width()), (int) Math.ceil(drawing.height())));
        List<Label> plain = drawing.labels().stream().filter(label -> Embedded.plain(label.text())).toList();
        drawing.rest().accept(g);
        for (Label label : drawing.labels()) if (!Embedded.plain(label.text())) label.paint(g);
        Element root = g.getRoot();
        root.setAttribute("width", number(drawing.width()) + "pt");
        root.setAttribute("height", number(drawing.height()) + "pt");
        root.setAttribute("viewBox", "0 0 " + number(drawing.width()) + " " + number(drawing.height()));
        describe(root, about);
        if (!plain.isEmpty()) write(root, plain);
        try {
            TransformerFactory.newInstance().newTransformer().transform(new DOMSource(root), new StreamResult(out));
        } catch (TransformerException e) {
            throw new IOException(e);
        }
    }

    private static void describe(Element root, About about) {
        Node first = root.getFirstChild();
        String named = about.entries().get(About.TITLE);
        if (named != null) {
            Element title = root.getOwnerDocument().createElementNS(SVG, "title");
            title.setTextContent(valid(named));
            root.insertBefore(title, first);
        }
        if (about.entries().isEmpty()) return;
        Element metadata = root.getOwnerDocument().createElementNS(SVG, "metadata");
        Element run = root.getOwnerDocument().createElementNS(RUN, "lens:run");
        about.entries()
                .forEach((name, value) -> run.setAttribute(name.toLowerCase(java.util.Locale.ROOT), valid(value)));
        metadata.appendChild(run);
        root.insertBefore(metadata, first);
    }

    /** Names the characters that XML does not take. */
    private static String valid(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            boolean control = point < ' ' && point != '\t' && point != '\n' && point != '\r';
            if (control || Character.getType(point) == Character.SURROGATE || point == 0xFFFE || point == 0xFFFF)
                out.append("\\u{").append(Integer.toHexString(point).toUpperCase()).append('}');
            else
                out.appendCodePoint(point);
        });
        return out.toString();
    }

    private static void write(Element root, List<Label> labels) {
        Document document = root.getOwnerDocument();
        Element style = document.createElementNS(SVG, "style");
        byte[] font = Embedded.subset(labels.stream().map(Label::text).toList());
        style.setTextContent("@font-face { font-family: \"Lens DejaVu Sans\"; src: url(data:font/ttf;base64,"
                + Base64.getEncoder().encodeToString(font) + "); }");
        root.appendChild(style);
        Element group = document.createElementNS(SVG, "g");
        group.setAttribute("font-family", "'Lens DejaVu Sans', 'DejaVu Sans', Verdana, sans-serif");
        group.setAttribute("text-anchor", "middle");
        group.setAttribute("stroke", "none");
        group.setAttribute("text-rendering", "geometricPrecision");
        for (Label label : labels) {
            Element text = document.createElementNS(SVG, "text");
            double down = label.font().getSize2D() * Label.BASELINE;
            if (label.upward()) {
                text.setAttribute("transform", "translate(" + number(label.x() + down) + " " + number(label.y())
                        + ") rotate(-90)");
            } else {
                text.setAttribute("x", number(label.x()));
                text.setAttribute("y", number(label.y() + down));
            }
            text.setAttribute("font-size", number(label.font().getSize2D()));
            if (label.font().isBold()) text.setAttribute("font-weight", "bold");
            text.setAttribute("fill", String.format("#%06x", label.color().getRGB() & 0xFFFFFF));
            text.setTextContent(label.text());
            group.appendChild(text);
        }
        root.appendChild(group);
    }

    private static String number(double value) {
        return new BigDecimal(value).setScale(3, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
    }

    private static Document document() {
        try {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().getDOMImplementation()
                    .createDocument(SVG, "svg", null);
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
