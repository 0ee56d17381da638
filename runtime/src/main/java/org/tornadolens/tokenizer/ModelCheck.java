package org.tornadolens.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * Refuses what the native library would answer with an abort of the whole process, or with an error that names nothing.
 */
final class ModelCheck {

    /** Characters. The native library recurses over a piece's bytes, on whatever stack there is. */
    private static final int LONGEST_PIECE = 256;

    private ModelCheck() {}

    /** The ids by piece, once everything has been looked at. */
    static Map<String, Integer> check(ModelProto model, String origin) {
        Map<String, Integer> ids = HashMap.newHashMap(model.pieces().size());
        boolean[] bytes = new boolean[256];
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            String text = piece.text();
            if (text.isEmpty()) throw new TokenizerException(origin, "piece " + id + " is empty");
            if (text.indexOf('\0') >= 0)
                throw new TokenizerException(origin, "piece " + id + " contains a NUL character");
            if (text.length() > LONGEST_PIECE) {
                throw new TokenizerException(origin,
                        "piece " + id + " is " + text.length() + " characters long; the limit is " + LONGEST_PIECE);
            }
            if (!Float.isFinite(piece.score()))
                throw new TokenizerException(origin,
                        "piece " + id + " " + Label.quote(text) + " has the score " + piece.score());
            Integer earlier = ids.put(text, id);
            if (earlier != null)
                throw new TokenizerException(origin,
                        "pieces " + earlier + " and " + id + " are both " + Label.quote(text));
            switch (piece.type()) {
                case UNKNOWN -> {
                    if (id != model.unknown())
                        throw new TokenizerException(origin,
                                "pieces " + model.unknown() + " and " + id + " both stand for the unknown");
                }
                case BYTE -> {
                    int value = ModelProto.byteValue(text);
                    if (value < 0)
                        throw new TokenizerException(origin, "piece " + id + " " + Label.quote(text)
                                + " is of type byte but not written <0x00> to <0xFF>");
                    if (!model.byteFallback())
                        throw new TokenizerException(origin, "it has byte pieces but no byte_fallback");
                    bytes[value] = true;
                }
                case NORMAL, CONTROL, USER_DEFINED, UNUSED -> {}
            }
        }
        if (model.byteFallback()) {
            for (int value = 0; value < 256; value++) {
                if (!bytes[value])
                    throw new TokenizerException(origin,
                            "byte_fallback needs all 256 byte pieces; <0x%02X> is missing".formatted(value));
            }
        }
        CharsMap.check(model.normalizer().charsMap(), origin);
        return ids;
    }
}
