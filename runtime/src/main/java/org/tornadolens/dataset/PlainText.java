package org.tornadolens.dataset;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Plain text: a document a line, or a paragraph, which blank lines end. */
final class PlainText implements RecordReader {

    /** The name of the only column. */
    static final String COLUMN = "text";

    private final Lines lines;
    private final String name;
    private final boolean paragraphs;

    PlainText(Lines lines, String name, boolean paragraphs) {
        this.lines = lines;
        this.name = name;
        this.paragraphs = paragraphs;
    }

    @Override public Optional<Entry> next() throws IOException {
        StringBuilder paragraph = new StringBuilder();
        String place = "";
        while (lines.next()) {
            String text = lines.text();
            if (text == null) return Optional.of(new Entry.Invalid(name + " line " + lines.number(), lines.problem()));
            if (text.isBlank()) {
                if (paragraph.isEmpty()) continue;
                break;
            }
            if (paragraph.isEmpty()) place = name + " line " + lines.number();
            else paragraph.append('\n');
            paragraph.append(text);
            if (!paragraphs) break;
            if (paragraph.length() > Lines.MOST_BYTES)
                return Optional.of(new Entry.Invalid(place, "the paragraph is too long"));
        }
        return paragraph.isEmpty() ? Optional.empty()
                : Optional.of(new Entry.Read(place, Map.of(COLUMN, paragraph.toString())));
    }

    @Override public void close() throws IOException { lines.close(); }
}
