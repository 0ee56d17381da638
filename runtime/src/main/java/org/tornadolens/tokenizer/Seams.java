package org.tornadolens.tokenizer;

/**
 * Finds positions at which a long text can be split so that encoding the parts gives the ids of the whole.
 * SentencePiece's byte-pair encoder takes a text as one sequence, and becomes slower and larger (about 100 bytes per
 * character) with its length.
 *
 * <p>A merge never spans two characters that are adjacent in no piece. Llama's pieces contain a space only in front, so
 * a space after any other character is a seam; where encoding prepends a space to every text, the space at the seam
 * belongs to neither part.
 */
final class Seams {

    private static final char SPACE = '\u2581';

    private final boolean splittable;
    private final int dropped;   // characters at a seam that belong to neither part

    Seams(ModelProto model) {
        ModelProto.Normalizer normalizer = model.normalizer();
        // Without byte fallback, adjacent unknown characters merge into one piece, which could span a seam.
        splittable = model.algorithm() == ModelProto.Algorithm.BPE && model.byteFallback() && !model.whitespaceSuffix()
                && normalizer.charsMap().length == 0 && !normalizer.removeExtraWhitespaces()
                && normalizer.escapeWhitespaces()
                // control pieces are never found in a text
                && model.pieces().stream().filter(piece -> piece.type() != Piece.Type.CONTROL)
                        .noneMatch(piece -> spaceBehind(piece.text()));
        dropped = normalizer.addDummyPrefix() ? 1 : 0;
    }

    /** Returns the first seam at or after {@code from}, where a part ends; the length of the text if there is none. */
    int next(String text, int from) {
        if (!splittable) return text.length();
        for (int i = Math.max(from, 1); i < text.length() - 1; i++) {
            if (text.charAt(i) == ' ' && text.charAt(i - 1) != ' ' && text.charAt(i - 1) != SPACE) return i;
        }
        return text.length();
    }

    /** Returns the position at which the part after a seam starts. */
    int after(int seam) { return seam + dropped; }

    private static boolean spaceBehind(String piece) {
        if (piece.indexOf(' ') >= 0) return true;
        for (int i = 1; i < piece.length(); i++) {
            if (piece.charAt(i) == SPACE && piece.charAt(i - 1) != SPACE) return true;
        }
        return false;
    }
}
