package org.tornadolens.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a tokenizer as llama2.c's tokenizer.py does. */
final class Llama2cFile {

    private Llama2cFile() {}

    static byte[] of(Tokenizer tokenizer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int longest = 0;
        ByteArrayOutputStream tokens = new ByteArrayOutputStream();
        for (int id = 0; id < tokenizer.size(); id++) {
            String text = id == 1 ? "\n<s>\n" : id == 2 ? "\n</s>\n" : tokenizer.piece(id).replace('\u2581', ' ');
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            longest = Math.max(longest, bytes.length);
            float score = ((SentencePieceTokenizer) tokenizer).score(id);
            tokens.writeBytes(
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).putInt(bytes.length).array());
            tokens.writeBytes(bytes);
        }
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(longest).array());
        out.writeBytes(tokens.toByteArray());
        return out.toByteArray();
    }
}
