package org.tornadolens.dsl.report;

import java.util.function.IntFunction;

/** Text as HTML. Whatever it holds, it is text there, and what is invisible or changes directions is named. */
final class Markup {

    private Markup() {}

    /** Returns the content of an element; line breaks and tabs are kept. */
    static String text(String text) {
        return escaped(text, point -> "<span class=\"mark\">" + name(point) + "</span>");
    }

    /** Returns the value of an attribute in double quotes, or the content of {@code <title>}. */
    static String attribute(String text) {
        return escaped(text, Markup::name);
    }

    private static String name(int point) { return "\\u{" + Integer.toHexString(point).toUpperCase() + "}"; }

    private static String escaped(String text, IntFunction<String> named) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> {
            switch (point) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '\n', '\t' -> out.append((char) point);
                default -> {
                    if (shapeless(point)) out.append(named.apply(point));
                    else out.appendCodePoint(point);
                }
            }
        });
        return out.toString();
    }

    private static boolean shapeless(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    true;
            case Character.FORMAT -> point != 0x200D;      // which joins emoji
            default -> false;
        };
    }
}
