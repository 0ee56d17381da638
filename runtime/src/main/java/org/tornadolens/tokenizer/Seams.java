package org.tornadolens.tokenizer;

/**
 * Where a long text can be cut so that encoding the parts gives the ids of the whole. SentencePiece's byte-pair encoder
 * takes a text as one sequence, and slows down and swells (about 100 bytes a character) as it grows.
 *
 * <p>A merge never reaches across two characters that no piece has side by side. Llama's pieces have a space only in
 * front, so a space after anything but a space is a seam; where encoding puts a space in front of every text, the seam's
 * own is left out of the parts.
 */
final class Seams {

    private static final char SPACE = '\u2581';

    private final boolean any;
    private final int dropped;   // characters of the seam that are in neither part

    Seams(ModelProto model) {
        ModelProto.Normalizer normalizer = model.normalizer();
        // Without byte fallback, neighbouring unknown characters become one piece, whatever stands between the parts.
        any = model.algorithm() == ModelProto.Algorithm.BPE && model.byteFallback() && !model.whitespaceSuffix()
                && normalizer.charsMap().length == 0 && !normalizer.removeExtraWhitespaces()
                && normalizer.escapeWhitespaces()
                && model.pieces().stream().noneMatch(piece -> spaceBehind(piece.text()));
        dropped = normalizer.addDummyPrefix() ? 1 : 0;
    }

    /** The first seam at or after {@code from}, where a part ends; the text's end if there is none. */
    int next(String text, int from) {
        if (!any) return text.length();
        for (int i = Math.max(from, 1); i < text.length() - 1; i++) {
            if (text.charAt(i) == ' ' && text.charAt(i - 1) != ' ' && text.charAt(i - 1) != SPACE) return i;
        }
        return text.length();
    }

    /** Where the part after a seam starts. */
    int after(int seam) { return seam + dropped; }

    private static boolean spaceBehind(String piece) {
        if (piece.indexOf(' ') >= 0) return true;
        for (int i = 1; i < piece.length(); i++) {
            if (piece.charAt(i) == SPACE && piece.charAt(i - 1) != SPACE) return true;
        }
        return false;
    }
}
