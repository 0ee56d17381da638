package org.tornadolens.tokenizer;

/** Pieces as they can be printed beside other things. */
final class Label {

    private static final String ESCAPE = "<U+";
    private static final int LONGEST_QUOTE = 40;

    private Label() {}

    static String of(String piece) {
        StringBuilder label = new StringBuilder(piece.length());
        boolean alone = true;   // nothing before it that a combining mark could sit on
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

    /** A piece inside an error's one line. */
    static String quote(String piece) {
        String label = of(piece.length() <= LONGEST_QUOTE ? piece : piece.substring(0, LONGEST_QUOTE));
        return "'" + label + (piece.length() <= LONGEST_QUOTE ? "'" : "...'");
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
