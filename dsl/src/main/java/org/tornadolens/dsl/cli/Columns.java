package org.tornadolens.dsl.cli;

/** Text laid out for a terminal of 100 columns. */
final class Columns {

    private static final int WIDTH = 100;

    private Columns() {}

    /** Appends a label of {@code width} columns with its text beside it. */
    static void entry(String label, int width, String text, StringBuilder out) {
        out.append("  ").append(label).append(" ".repeat(width - label.length() + 2));
        wrap(text, width + 4, out);
    }

    /** Wraps words into lines that start at a column; the first line is already begun. */
    static void wrap(String text, int column, StringBuilder out) {
        int at = column;
        for (String word : text.split(" ")) {
            if (at > column && at + 1 + word.length() > WIDTH) {
                out.append('\n').append(" ".repeat(column));
                at = column;
            } else if (at > column) {
                out.append(' ');
                at++;
            }
            out.append(word);
            at += word.length();
        }
        out.append('\n');
    }
}
