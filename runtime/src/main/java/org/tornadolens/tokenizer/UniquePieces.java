package org.tornadolens.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pieces of a GGUF file with a text of its own for each, as SentencePiece needs them. The file may repeat a text or
 * leave it empty; as in llama.cpp ({@code token_to_id} of llama-vocab.cpp), a text is encoded as the last id that has
 * it.
 */
final class UniquePieces {

    private UniquePieces() {}

    /**
     * Returns the pieces themselves where each has a text of its own. Otherwise those that no text is encoded as become
     * control pieces with their id in the text ({@code b<id 280>}), and the last piece of a text is found in a text if
     * one of the earlier is.
     */
    static List<Piece> of(List<Piece> pieces) {
        Map<String, Integer> last = HashMap.newHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++)
            if (!pieces.get(id).text().isEmpty()) last.put(pieces.get(id).text(), id);
        if (last.size() == pieces.size()) return pieces;
        Set<String> taken = new HashSet<>(last.keySet());
        List<Piece> unique = new ArrayList<>(pieces);
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            Integer encoded = last.get(piece.text());
            if (encoded != null && encoded == id) continue;
            Piece.Type type = piece.type() == Piece.Type.UNKNOWN ? piece.type() : Piece.Type.CONTROL;
            unique.set(id, new Piece(named(piece.text(), id, taken), 0, type));
            if (encoded == null) continue;
            Piece winner = unique.get(encoded);
            unique.set(encoded, new Piece(winner.text(), winner.score(), found(winner.type(), piece.type())));
        }
        return unique;
    }

    /** Returns the text that tells a piece from others of its text. */
    static String named(String text, int id, Set<String> taken) {
        String name = text + "<id " + id + ">";
        while (!taken.add(name)) name += "'";
        return name;
    }

    private static Piece.Type found(Piece.Type last, Piece.Type earlier) {
        boolean isFound = earlier == Piece.Type.NORMAL || earlier == Piece.Type.USER_DEFINED;
        boolean hidden = last == Piece.Type.CONTROL || last == Piece.Type.UNUSED;
        return earlier == Piece.Type.BYTE || hidden && isFound ? earlier : last;
    }
}
