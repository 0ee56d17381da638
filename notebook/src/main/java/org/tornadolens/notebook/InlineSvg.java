package org.tornadolens.notebook;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.util.zip.CRC32;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A picture as a part of the notebook's page. The names in it (of clips, and of its font, which has only the characters
 * that this picture needs) hold for the whole page, so that each picture gets its own.
 */
final class InlineSvg {

    private static final String FONT = "Lens DejaVu Sans";

    private final String suffix;

    private InlineSvg(String suffix) { this.suffix = suffix; }

    static String of(byte[] svg) {
        CRC32 sum = new CRC32();
        sum.update(svg);
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(svg));
            new InlineSvg(String.format("-%08x", sum.getValue())).rename(document.getDocumentElement());
            Transformer transformer = TransformerFactory.newInstance().newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter text = new StringWriter();
            transformer.transform(new DOMSource(document), new StreamResult(text));
            return text.toString();
        } catch (SAXException | IOException | ParserConfigurationException | TransformerException e) {
            throw new IllegalStateException("a chart wrote an SVG that cannot be read", e);
        }
    }

    private void rename(Element element) {
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
            Node attribute = element.getAttributes().item(i);
            String value = attribute.getNodeValue();
            attribute.setNodeValue(switch (attribute.getLocalName()) {
                case "id" -> value + suffix;
                case "href" -> value.startsWith("#") ? value + suffix : value;
                case "font-family" -> value.replace(FONT, FONT + suffix);
                default -> value.contains("url(#") ? value.replaceAll("url\\(#([^)]*)\\)", "url(#$1" + suffix + ")")
                        : value;
            });
        }
        if (element.getLocalName().equals("style")) {
            element.setTextContent(element.getTextContent().replace(FONT, FONT + suffix));
            return;
        }
        NodeList children = element.getChildNodes();
        for (int i = 0; i < children.getLength(); i++) if (children.item(i) instanceof Element child) rename(child);
    }
}
