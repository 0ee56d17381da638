package org.tornadolens.dsl.chart;

import de.rototor.pdfbox.graphics2d.PdfBoxGraphics2D;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDDocumentInformation;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import org.apache.pdfbox.pdmodel.graphics.state.RenderingMode;
import org.apache.pdfbox.util.Matrix;

/** Writes drawings as PDF files of one page of their size. Text stays text, its font embedded. */
final class Pdf {

    private static final double BOLD = 1 / 28.0;   // of the font's size: width of the line around bold glyphs

    private Pdf() {}

    static void write(Drawing drawing, About about, OutputStream out) throws IOException {
        float width = (float) drawing.width(), height = (float) drawing.height();
        List<Label> plain = drawing.labels().stream().filter(label -> Embedded.plain(label.text())).toList();
        try (PDDocument document = new PDDocument()) {
            document.setDocumentId(0L);   // not from the time: the same chart gives the same file
            document.setDocumentInformation(information(about));
            PDPage page = new PDPage(new PDRectangle(width, height));
            document.addPage(page);
            PdfBoxGraphics2D g = new PdfBoxGraphics2D(document, width, height);
            try {
                drawing.rest().accept(g);
                for (Label label : drawing.labels()) if (!Embedded.plain(label.text())) label.paint(g);
            } finally {
                g.dispose();
            }
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.drawForm(g.getXFormObject());
                if (!plain.isEmpty()) {
                    PDFont font = PDType0Font.load(document, Embedded.font(), true);
                    for (Label label : plain) write(label, font, height, content);
                }
            }
            document.save(out);
        }
    }

    private static void write(Label label, PDFont font, double height, PDPageContentStream content)
            throws IOException {
        float size = label.font().getSize2D();
        double half = Fonts.width(label.text(), label.font()) / 2, down = size * Label.BASELINE;
        Color color = label.color();
        content.beginText();
        content.setFont(font, size);
        content.setNonStrokingColor(color);
        boolean bold = label.font().isBold();
        content.setRenderingMode(bold ? RenderingMode.FILL_STROKE : RenderingMode.FILL);
        if (bold) {
            content.setStrokingColor(color);
            content.setLineWidth((float) (size * BOLD));
        }
        double x = label.x(), y = height - label.y();
        content.setTextMatrix(label.upward() ? new Matrix(0, 1, -1, 0, (float) (x + down), (float) (y - half))
                : Matrix.getTranslateInstance((float) (x - half), (float) (y - down)));
        content.showText(label.text());
        content.endText();
    }

    private static PDDocumentInformation information(About about) {
        PDDocumentInformation information = new PDDocumentInformation();
        about.entries().forEach((name, value) -> {
            switch (name) {
                case About.TITLE -> information.setTitle(value);
                case About.SOFTWARE -> information.setCreator(value);
                default -> information.setCustomMetadataValue(name, value);
            }
        });
        return information;
    }
}
