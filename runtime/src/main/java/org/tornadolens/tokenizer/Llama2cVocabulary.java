package org.tornadolens.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads llama2.c's {@code tokenizer.bin}: the u32 length of the longest token, then per token an f32 score, a u32
 * length and UTF-8 bytes; little-endian. It is the Llama tokenizer without the types of its pieces: ids 0, 1 and 2 are
 * unknown, BOS and EOS, ids 3 to 258 are the bytes, and the space mark U+2581 is written as an ordinary space.
 */
final class Llama2cVocabulary {

    private static final int UNKNOWN = 0, BOS = 1, EOS = 2, FIRST_BYTE = 3, LAST_BYTE = 258;

    private Llama2cVocabulary() {}

    static ModelProto parse(byte[] bytes, int size, String origin) {
        if (size <= LAST_BYTE)
            throw new TokenizerException(origin, "a vocabulary of " + size + " has no room for the 256 bytes");
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < 4) throw new TokenizerException(origin, "cut short: it has " + bytes.length + " bytes");
        in.getInt();
        List<Piece> pieces = new ArrayList<>();
        for (int id = 0; id < size; id++) {
            if (in.remaining() < 8)
                throw new TokenizerException(origin, "it ends after " + id + " of " + size + " pieces");
            float score = in.getFloat();
            int length = in.getInt();
            if (length < 0 || length > in.remaining())
                throw new TokenizerException(origin, "piece " + id + " extends past the end of the file");
            String text = ProtoReader.utf8(bytes, in.position(), length, origin);
            in.position(in.position() + length);
            pieces.add(piece(id, text, score, origin));
        }
        if (in.hasRemaining())
            throw new TokenizerException(origin,
                    "it has more than the model's " + size + " pieces: it belongs to another model");
        return new ModelProto(pieces, ModelProto.Algorithm.BPE, UNKNOWN, OptionalInt.of(BOS), OptionalInt.of(EOS),
                true, false, ModelProto.UNKNOWN_SURFACE, ModelProto.Normalizer.identity(true));
    }

    private static Piece piece(int id, String text, float score, String origin) {
        if (id == UNKNOWN) return new Piece("<unk>", score, Piece.Type.UNKNOWN);
        if (id == BOS) return new Piece("<s>", score, Piece.Type.CONTROL);
        if (id == EOS) return new Piece("</s>", score, Piece.Type.CONTROL);
        if (id > LAST_BYTE) return new Piece(text.replace(' ', '\u2581'), score, Piece.Type.NORMAL);
        if (ModelProto.byteValue(text) != id - FIRST_BYTE) {
            throw new TokenizerException(origin,
                    "piece %d is %s and not the byte <0x%02X>".formatted(id, Label.quote(text), id - FIRST_BYTE));
        }
        return new Piece(text, score, Piece.Type.BYTE);
    }
}
