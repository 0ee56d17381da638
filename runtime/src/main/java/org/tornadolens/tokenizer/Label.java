package org.tornadolens.tokenizer;

/** Formats pieces for chart labels and messages: characters that do not show on their own are escaped. */
final class Label {

    private static final String ESCAPE = "<U+";
    private static final int MAX_QUOTE = 40;   // characters

    private Label() {}

    static String of(String piece) {
        StringBuilder label = new StringBuilder(piece.length());
        boolean alone = true;   // whether no base character precedes that a combining mark could attach to
        for (int i = 0; i < piece.length();) {
            int codePoint = piece.codePointAt(i);
            if (shows(codePoint, alone) && !piece.startsWith(ESCAPE, i)) {
                label.appendCodePoint(codePoint);
                alone = codePoint == '\u2581';
            } else {
                label.append("<U+%04X>".formatted(codePoint));
                alone = true;
            }
            i += Character.charCount(codePoint);
        }
        return label.toString();
    }

    /** Returns the piece quoted and shortened for a one-line error message. */
    static String quote(String piece) {
        String label = of(piece.length() <= MAX_QUOTE ? piece : piece.substring(0, MAX_QUOTE));
        return "'" + label + (piece.length() <= MAX_QUOTE ? "'" : "...'");
    }

    private static boolean shows(int codePoint, boolean alone) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> !alone;
            default -> true;
        };
    }
}
