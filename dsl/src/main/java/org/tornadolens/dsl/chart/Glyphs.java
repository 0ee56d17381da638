package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.util.ArrayList;
import java.util.List;

/** Makes text drawable: characters without a glyph and invisible ones get visible marks. */
final class Glyphs {

    private static final String ELLIPSIS = "…";

    private Glyphs() {}

    /** Returns one line: ↵ for a newline, → for a tab, {@code \\u{1F600}} for missing and invisible characters. */
    static String visible(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (point == '\n') out.append('↵');
            else if (point == '\t') out.append('→');
            else if (hasShape(point)) out.appendCodePoint(point);
            else out.append("\\u{").append(Integer.toHexString(point).toUpperCase()).append('}');
        });
        return out.toString();
    }

    /**
     * Returns a token's piece like {@link #visible}, with ␣ for SentencePiece's ▁, which would reach into the line
     * below, and for spaces at the ends, which would be invisible.
     */
    static String token(String piece) {
        String text = visible(piece).replace('▁', '␣');
        int start = 0, end = text.length();
        while (start < end && text.charAt(start) == ' ') start++;
        while (end > start && text.charAt(end - 1) == ' ') end--;
        return "␣".repeat(start) + text.substring(start, end) + "␣".repeat(text.length() - end);
    }

    /** Returns the start of {@code text} that fits {@code width} points, with an ellipsis if the rest is cut off. */
    static String shorten(String text, Font font, double width) {
        if (Fonts.width(text, font) <= width) return text;
        int end = text.length();
        while (end > 1 && Fonts.width(text.substring(0, end) + ELLIPSIS, font) > width)
            end = text.offsetByCodePoints(end, -1);
        return text.substring(0, end) + ELLIPSIS;
    }

    /** Returns lines of at most {@code width} points, broken at newlines and spaces, or inside a word that is wider. */
    static List<String> wrap(String text, Font font, double width) {
        List<String> lines = new ArrayList<>();
        for (String paragraph : text.strip().split("\\R")) {
            String line = "";
            for (String word : visible(paragraph).split(" +")) {
                String longer = line.isEmpty() ? word : line + " " + word;
                if (Fonts.width(longer, font) <= width) {
                    line = longer;
                    continue;
                }
                if (!line.isEmpty()) lines.add(line);
                line = word;
                while (Fonts.width(line, font) > width && line.codePointCount(0, line.length()) > 1) {
                    int end = line.length();
                    while (end > 1 && Fonts.width(line.substring(0, end), font) > width)
                        end = line.offsetByCodePoints(end, -1);
                    end = Math.max(end, line.offsetByCodePoints(0, 1));
                    lines.add(line.substring(0, end));
                    line = line.substring(end);
                }
            }
            lines.add(line);
        }
        return lines;
    }

    private static boolean hasShape(int point) {
        if (point == ' ') return true;
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED, Character.PRIVATE_USE,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> Fonts.canDisplay(point);
        };
    }
}
