package org.tornadolens.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rejects models on which the native library would abort the whole process, or fail with an error that does not name
 * the offending piece.
 */
final class ModelCheck {

    /** In characters. The native library recurses over the bytes of a piece on the caller's stack. */
    private static final int MAX_PIECE_LENGTH = 256;
    /** User-defined pieces of which each begins the next. */
    private static final int MAX_NESTED = 64;

    private ModelCheck() {}

    /** Checks the whole model and returns the id of every piece. */
    static Map<String, Integer> check(ModelProto model, String origin) {
        Map<String, Integer> ids = HashMap.newHashMap(model.pieces().size());
        boolean[] bytes = new boolean[256];
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            String text = piece.text();
            if (text.isEmpty()) throw new TokenizerException(origin, "piece " + id + " is empty");
            if (text.indexOf('\0') >= 0)
                throw new TokenizerException(origin, "piece " + id + " contains a NUL character");
            if (text.length() > MAX_PIECE_LENGTH) {
                throw new TokenizerException(origin,
                        "piece " + id + " is " + text.length() + " characters long; the limit is " + MAX_PIECE_LENGTH);
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
                                "pieces " + model.unknown() + " and " + id + " are both of type unknown");
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
        checkNested(model, origin);
        CharsMap.of(model.normalizer().charsMap(), origin);
        return ids;
    }

    /** The native library collects the user-defined pieces that begin at a place of a text in an array of this size. */
    private static void checkNested(ModelProto model, String origin) {
        List<byte[]> sorted = model.pieces().stream().filter(piece -> piece.type() == Piece.Type.USER_DEFINED)
                .map(piece -> piece.text().getBytes(StandardCharsets.UTF_8)).sorted(Arrays::compareUnsigned).toList();
        ArrayDeque<byte[]> beginnings = new ArrayDeque<>();   // of the piece at hand, itself the last
        for (byte[] piece : sorted) {
            while (!beginnings.isEmpty() && !startsWith(piece, beginnings.getLast())) beginnings.removeLast();
            beginnings.add(piece);
            if (beginnings.size() > MAX_NESTED) {
                throw new TokenizerException(origin, "more than " + MAX_NESTED
                        + " of its user-defined pieces begin with one another, up to "
                        + Label.quote(new String(piece, StandardCharsets.UTF_8)));
            }
        }
    }

    private static boolean startsWith(byte[] piece, byte[] beginning) {
        return piece.length >= beginning.length
                && Arrays.equals(piece, 0, beginning.length, beginning, 0, beginning.length);
    }
}
