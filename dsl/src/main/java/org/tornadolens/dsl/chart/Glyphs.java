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

    /**
     * Returns each text shortened to {@code width} points. Texts that differ still differ afterwards wherever there is
     * a way: what is cut off is the end, the middle, the start, or what all texts have in common, whichever keeps the
     * most of them apart.
     */
    static List<String> shortened(List<String> texts, Font font, double width) {
        return shortened(texts, font, width, width);
    }

    /** @param most the width that texts may take if they would be the same in {@code width} */
    static List<String> shortened(List<String> texts, Font font, double width, double most) {
        long distinct = texts.stream().distinct().count();
        List<String> best = texts;
        long reached = -1;
        for (double room = width; room < most * 1.001; room = room < most ? Math.min(most, room * STEP) : room * STEP) {
            double fits = room;
            for (List<String> some : List.of(cut(texts, font, fits, END), cut(texts, font, fits, MIDDLE),
                    cut(texts, font, fits, START), cut(differences(texts), font, fits, MIDDLE))) {
                long apart = some.stream().distinct().count();
                if (apart <= reached) continue;
                reached = apart;
                best = some;
            }
            if (reached == distinct) break;
        }
        return best;
    }

    private static final double STEP = 1.25;

    // what is kept of a text's start and of its end
    private static final BinaryOperator<String> END = (start, end) -> start + ELLIPSIS;
    private static final BinaryOperator<String> MIDDLE =
            (start, end) -> half(start, true) + ELLIPSIS + half(end, false);
    private static final BinaryOperator<String> START = (start, end) -> ELLIPSIS + end;

    private static List<String> cut(List<String> texts, Font font, double width, BinaryOperator<String> ends) {
        return texts.stream().map(text -> cut(text, font, width, ends)).toList();
    }

    /** Returns texts without the start and the end that all have in common. */
    private static List<String> differences(List<String> texts) {
        String first = texts.getFirst();
        int start = first.length(), end = first.length();
        for (String text : texts) {
            start = Math.min(start, text.length());
            end = Math.min(end, text.length());
            while (!text.startsWith(first.substring(0, start))) start--;
            while (!text.endsWith(first.substring(first.length() - end))) end--;
        }
        int shortest = texts.stream().mapToInt(String::length).min().orElse(0);
        if (start + end >= shortest) return texts;
        int from = start > 0 && Character.isHighSurrogate(first.charAt(start - 1)) ? start - 1 : start;
        int to = end > 0 && Character.isLowSurrogate(first.charAt(first.length() - end)) ? end - 1 : end;
        return texts.stream().map(text -> (from == 0 ? "" : ELLIPSIS) + text.substring(from, text.length() - to)
                + (to == 0 ? "" : ELLIPSIS)).toList();
    }

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
