package org.tornadolens.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadolens.UsageException;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.Tokenizer;

/** Finds where a piece or a phrase stands in rows of tokens. */
public final class Phrases {

    /** Which of several places is meant. */
    public enum Which {
        FIRST, LAST,
        /** The only one; several are refused. */
        ONLY
    }

    private static final int MAX_SHOWN = 120;   // characters of a row in a message

    private Phrases() {}

    /**
     * Returns for each row the position of the last token of a phrase, counted from the row's first real token. The
     * phrase begins where a token does, or behind the space with which one begins, and ends where a token does; a
     * phrase that stands nowhere so is found where it is not a part of a longer word.
     *
     * @throws UsageException if a row does not hold it, or holds it several times where {@code which} does not choose
     */
    public static int[] positions(Model model, Tokens tokens, String phrase, Which which) {
        if (phrase.isEmpty()) throw new UsageException("an empty phrase stands nowhere");
        int[] positions = new int[tokens.batch()];
        for (int row = 0; row < positions.length; row++) {
            positions[row] = position(model.tokenizer(), tokens.row(row), phrase, which, row);
        }
        return positions;
    }

    private static int position(Tokenizer tokenizer, int[] ids, String phrase, Which which, int row) {
        Row text = new Row(tokenizer, ids);
        byte[] wanted = phrase.replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
        List<Integer> found = text.find(wanted, true);
        if (found.isEmpty()) found = text.find(wanted, false);
        String shown = tokenizer.decode(ids).strip();
        if (shown.length() > MAX_SHOWN) shown = shown.substring(0, MAX_SHOWN) + "…";
        if (found.isEmpty())
            throw new UsageException("\"" + phrase + "\" is not in row " + row + ": \"" + shown + "\"");
        if (found.size() > 1 && which == Which.ONLY) {
            throw new UsageException("\"" + phrase + "\" stands at " + found.size() + " places in row " + row + ", "
                    + found + ": \"" + shown + "\"; choose with { which: \"first\" } or { which: \"last\" }");
        }
        return which == Which.LAST ? found.getLast() : found.getFirst();
    }

    /** The bytes of a row, and the token that each belongs to. */
    private static final class Row {

        private final byte[] bytes;
        private final int[] token;
        private final boolean[] begins;    // whether a token begins at a byte
        private final boolean[] special;   // whether a byte belongs to a special token

        Row(Tokenizer tokenizer, int[] ids) {
            List<byte[]> parts = new ArrayList<>();
            int length = 0;
            for (int id : ids) {
                parts.add(tokenizer.bytes(id));
                length += parts.getLast().length;
            }
            bytes = new byte[length];
            token = new int[length];
            begins = new boolean[length];
            special = new boolean[length];
            int at = 0;
            for (int i = 0; i < ids.length; i++) {
                byte[] part = parts.get(i);
                System.arraycopy(part, 0, bytes, at, part.length);
                java.util.Arrays.fill(token, at, at + part.length, i);
                java.util.Arrays.fill(special, at, at + part.length, tokenizer.type(ids[i]) == Piece.Type.CONTROL);
                if (part.length > 0) begins[at] = true;
                at += part.length;
            }
        }

        /** Returns the last tokens of the places, at the borders of tokens or at those of words. */
        List<Integer> find(byte[] wanted, boolean tokens) {
            List<Integer> found = new ArrayList<>();
            for (int from = 0; from + wanted.length <= bytes.length; from++) {
                int to = from + wanted.length;
                if (!java.util.Arrays.equals(bytes, from, to, wanted, 0, wanted.length)) continue;
                if (tokens ? starts(from) && (to == bytes.length || begins[to])
                        : border(from) && border(to))
                    found.add(token[to - 1]);
            }
            return found.stream().distinct().toList();
        }

        private boolean starts(int from) { return begins[from] || bytes[from - 1] == ' ' && begins[from - 1]; }

        /** Whether no letters or digits stand on both sides. */
        private boolean border(int at) {
            return at == 0 || at == bytes.length || special[at - 1] != special[at] || !word(bytes[at - 1])
                    || !word(bytes[at]);
        }

        /** Bytes of characters beyond ASCII count as letters. */
        private static boolean word(byte b) {
            return b < 0 || Character.isLetterOrDigit(b);
        }
    }

    /** {@code "first"}, {@code "last"}, or none of them. */
    public static Which which(String name) {
        return name == null ? Which.ONLY : Which.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
