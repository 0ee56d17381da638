package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Python's operations on strings, of which Java's differ in what is whitespace. */
final class Text {

    private Text() {}

    /** Whether Python's {@code str.isspace} holds. */
    static boolean isSpace(int c) {
        return c >= 0x09 && c <= 0x0D || c >= 0x1C && c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680
                || c >= 0x2000 && c <= 0x200A || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F
                || c == 0x3000;
    }

    static String strip(String text) { return lstrip(rstrip(text)); }

    static String lstrip(String text) { return strip(text, Text::isSpace, true, false); }

    static String rstrip(String text) { return strip(text, Text::isSpace, false, true); }

    static String strip(String text, IntPredicate gone, boolean left, boolean right) {
        int from = 0, to = text.length();
        while (left && from < to && gone.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && from < to && gone.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    /** Splits at whitespace, as {@code str.split()}; {@code most} -1 is no limit. */
    static List<Object> words(String text, long most) {
        List<Object> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < text.length() && isSpace(text.charAt(at))) at++;
            if (at == text.length()) return words;
            if (words.size() == most) {
                words.add(rstrip(text.substring(at)));
                return words;
            }
            int from = at;
            while (at < text.length() && !isSpace(text.charAt(at))) at++;
            words.add(text.substring(from, at));
        }
    }

    static List<Object> split(String text, String separator, long most) {
        if (separator.isEmpty()) throw new JinjaException("split by an empty separator");
        List<Object> parts = new ArrayList<>();
        int from = 0, found;
        while (parts.size() != most && (found = text.indexOf(separator, from)) >= 0) {
            parts.add(text.substring(from, found));
            from = found + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    static List<Object> splitFromRight(String text, String separator, long most) {
        if (separator.isEmpty()) throw new JinjaException("split by an empty separator");
        List<Object> parts = new ArrayList<>();
        int to = text.length(), found;
        while (parts.size() != most && (found = text.lastIndexOf(separator, to - separator.length())) >= 0
                && to - separator.length() >= 0) {
            parts.addFirst(text.substring(found + separator.length(), to));
            to = found;
        }
        parts.addFirst(text.substring(0, to));
        return parts;
    }

    static List<Object> lines(String text) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 0x0A && c <= 0x0D || c >= 0x1C && c <= 0x1E || c == 0x85 || c == 0x2028 || c == 0x2029)) {
                continue;
            }
            lines.add(text.substring(from, i));
            if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') i++;
            from = i + 1;
        }
        if (from < text.length()) lines.add(text.substring(from));
        return lines;
    }

    /** {@code str.title()}: a letter after anything but a letter becomes upper case, any other lower case. */
    static String title(String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean inside = false;
        for (int c : text.codePoints().toArray()) {
            title.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inside = Character.isLetter(c);
        }
        return title.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) return text;
        int first = Character.charCount(text.codePointAt(0));
        return text.substring(0, first).toUpperCase(java.util.Locale.ROOT)
                + text.substring(first).toLowerCase(java.util.Locale.ROOT);
    }
}
