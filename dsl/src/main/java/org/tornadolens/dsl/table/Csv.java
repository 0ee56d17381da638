package org.tornadolens.dsl.table;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Iterator;

/** Writes CSV as in RFC 4180: commas, CRLF, quotes around fields with a comma, a quote or a line break. */
final class Csv {

    private Csv() {}

    static void write(Table table, OutputStream bytes) throws IOException {
        Writer out = new OutputStreamWriter(bytes, StandardCharsets.UTF_8);
        line(table.columns(), out);
        for (var row : table.rows()) line(row, out);
        out.flush();
    }

    private static void line(Collection<?> cells, Writer out) throws IOException {
        for (Iterator<?> cell = cells.iterator(); cell.hasNext();) {
            out.write(field(cell.next()));
            out.write(cell.hasNext() ? "," : "\r\n");
        }
    }

    private static String field(Object cell) {
        if (!(cell instanceof String text)) return number(cell);
        String safe = guarded(WellFormed.of(text));
        // quotes also preserve the spaces at a token's ends
        boolean quoted = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')
                || !safe.equals(safe.strip());
        return quoted ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }

    /** Returns all digits of a number, without a decimal point if it is whole. */
    private static String number(Object cell) {
        if (cell instanceof Float || cell instanceof Double) {
            double value = ((Number) cell).doubleValue();
            if (value == Math.rint(value) && Math.abs(value) < 1e15) return Long.toString((long) value);
        }
        return String.valueOf(cell);
    }

    /**
     * Text that a spreadsheet would take for a formula gets an apostrophe in front: a model's tokens can be any text.
     * A lone sign is no formula and is unchanged.
     */
    private static String guarded(String text) {
        return text.length() > 1 && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }
}
