package org.tornadolens.dsl.chart;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.text.Bidi;
import java.util.List;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TTFSubsetter;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;

/** The charts' font as SVG and PDF files carry it. */
final class Embedded {

    private static final List<String> TABLES =
            List.of("head", "hhea", "loca", "maxp", "cvt ", "prep", "glyf", "hmtx", "fpgm", "gasp", "cmap", "name",
                    "OS/2", "post");

    private Embedded() {}

    /** Returns the font, without ligatures: a reader would extract them as other characters than were written. */
    static TrueTypeFont font() throws IOException {
        try (InputStream file = Fonts.class.getResourceAsStream("DejaVuSans.ttf")) {
            TrueTypeFont font = new TTFParser().parse(new RandomAccessReadBuffer(file));
            font.setEnableGsub(false);
            return font;
        }
    }

    /** Returns the font with the characters of some texts only. */
    static byte[] subset(List<String> texts) {
        try (TrueTypeFont font = font()) {
            TTFSubsetter subset = new TTFSubsetter(font, TABLES);
            texts.stream().flatMapToInt(String::codePoints).sorted().distinct().forEach(subset::add);
            subset.setPrefix("LENSAA");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            subset.writeToStream(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns whether a text can be written character by character. Text from right to left and combined characters are
     * drawn as outlines.
     */
    static boolean plain(String text) {
        char[] characters = text.toCharArray();
        return !Bidi.requiresBidi(characters, 0, characters.length) && text.codePoints().noneMatch(point -> {
            int type = Character.getType(point);
            return type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK
                    || type == Character.COMBINING_SPACING_MARK;
        });
    }
}
