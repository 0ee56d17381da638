package org.tornadolens.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The vocabulary of a byte-pair tokenizer in a GGUF file.
 *
 * @param ids        the id that a text is encoded as; where several have the text, the BOS or EOS, else the last
 *                   special one, else the last, as in llama.cpp
 * @param added      the tokens that are found in a text before it is cut into words
 * @param duplicates further ids of texts in {@code ids}
 */
record BytePairVocabulary(Map<String, Integer> ids, List<AddedToken> added, Map<Integer, Piece> duplicates) {

    static BytePairVocabulary of(TokenizerSource.BytePairs source) {
        List<Piece> pieces = source.pieces();
        Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            // added tokens too: the library numbers those that the vocabulary lacks by itself
            if (hasText(piece))
                ids.merge(piece.text(), id, (one, other) -> rank(source, other) >= rank(source, one) ? other : one);
        }
        List<AddedToken> added = new ArrayList<>();
        Map<Integer, Piece> duplicates = new TreeMap<>();
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            if (!hasText(piece)) continue;
            if (ids.get(piece.text()) != id) duplicates.put(id, piece);
            else if (special(piece)) {
                boolean control = piece.type() == Piece.Type.CONTROL;
                added.add(new AddedToken(id, piece.text(), control, false, false, false, false));
            }
        }
        return new BytePairVocabulary(ids, added, duplicates);
    }

    private static boolean hasText(Piece piece) { return piece.type() != Piece.Type.UNUSED && !piece.text().isEmpty(); }

    private static boolean special(Piece piece) {
        return piece.type() == Piece.Type.CONTROL || piece.type() == Piece.Type.USER_DEFINED;
    }

    private static int rank(TokenizerSource.BytePairs source, int id) {
        boolean named = source.settings().bosId().equals(OptionalInt.of(id))
                || source.settings().eosId().equals(OptionalInt.of(id));
        return named ? 2 : special(source.pieces().get(id)) ? 1 : 0;
    }
}
