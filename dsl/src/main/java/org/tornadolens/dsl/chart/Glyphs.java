package org.tornadolens.dsl.chart;

import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

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

    /**
     * Returns each text shortened to {@code width} points. Texts that differ still differ afterwards wherever there is
     * a way: what is cut off is the end, the middle or the start, whichever keeps the most of them apart.
     */
    static List<String> shortened(List<String> texts, Font font, double width) {
        List<String> best = texts;
        long most = -1;
        for (BinaryOperator<String> ends : WAYS) {
            List<String> some = texts.stream().map(text -> cut(text, font, width, ends)).toList();
            long distinct = some.stream().distinct().count();
            if (distinct <= most) continue;
            most = distinct;
            best = some;
        }
        return best;
    }

    /** Joins what is kept of a text's start and of its end; one of the two is empty unless the middle is cut off. */
    private static final List<BinaryOperator<String>> WAYS = List.of(
            (start, end) -> start + ELLIPSIS,
            (start, end) -> half(start, true) + ELLIPSIS + half(end, false),
            (start, end) -> ELLIPSIS + end);

    private static String half(String text, boolean first) {
        int points = text.codePointCount(0, text.length());
        return first ? text.substring(0, text.offsetByCodePoints(0, (points + 1) / 2))
                : text.substring(text.offsetByCodePoints(text.length(), -(points / 2)));
    }

    private static String cut(String text, Font font, double width, BinaryOperator<String> ends) {
        if (Fonts.width(text, font) <= width) return text;
        int points = text.codePointCount(0, text.length());
        String shorter = text;
        for (int kept = points - 1; kept >= 1; kept--) {
            shorter = ends.apply(text.substring(0, text.offsetByCodePoints(0, kept)),
                    text.substring(text.offsetByCodePoints(text.length(), -kept)));
            if (Fonts.width(shorter, font) <= width) break;
        }
        return shorter;
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
