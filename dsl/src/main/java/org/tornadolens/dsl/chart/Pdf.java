package org.tornadolens.dsl.chart;

import de.rototor.pdfbox.graphics2d.PdfBoxGraphics2D;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;

/** Writes drawings as PDF files of one page of their size. Text is drawn as outlines, so that no font is needed. */
final class Pdf {

    private Pdf() {}

    static void write(Drawing drawing, OutputStream out) throws IOException {
        float width = (float) drawing.width(), height = (float) drawing.height();
        try (PDDocument document = new PDDocument()) {
            document.setDocumentId(0L);   // not from the time: the same chart gives the same file
            PDPage page = new PDPage(new PDRectangle(width, height));
            document.addPage(page);
            PdfBoxGraphics2D g = new PdfBoxGraphics2D(document, width, height);
            try {
                drawing.paint(g);
            } finally {
                g.dispose();
            }
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.drawForm(g.getXFormObject());
            }
            document.save(out);
        }
    }
}
