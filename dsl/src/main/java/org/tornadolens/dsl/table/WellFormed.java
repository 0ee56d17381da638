package org.tornadolens.dsl.table;

/** Text that UTF-8 can encode. */
final class WellFormed {

    private WellFormed() {}

    /** Returns a text with each half of a surrogate pair, which UTF-8 cannot encode, as {@code \\u{D83D}}. */
    static String of(String text) {
        if (text.chars().noneMatch(unit -> Character.isSurrogate((char) unit))) return text;
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (Character.getType(point) == Character.SURROGATE)
                out.append("\\u{").append(Integer.toHexString(point).toUpperCase()).append('}');
            else
                out.appendCodePoint(point);
        });
        return out.toString();
    }
}
