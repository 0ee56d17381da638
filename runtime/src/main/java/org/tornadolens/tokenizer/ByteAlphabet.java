package org.tornadolens.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The characters by which byte-level tokenizers write bytes in their vocabularies (Radford et al. 2019): a printable
 * Latin-1 byte is the character of its value, and the other 68 are U+0100 and the following, in order.
 */
final class ByteAlphabet {

    private static final char[] OF_BYTE = new char[256];
    private static final short[] BYTE_OF = new short[0x100 + 68];

    static {
        java.util.Arrays.fill(BYTE_OF, (short) -1);
        char next = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean printable = value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
            OF_BYTE[value] = printable ? (char) value : next++;
            BYTE_OF[OF_BYTE[value]] = (short) value;
        }
    }

    private ByteAlphabet() {}

    /** Returns these bytes as a vocabulary writes them. */
    static String write(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte value : bytes) text.append(OF_BYTE[value & 0xFF]);
        return text.toString();
    }

    /** Returns the bytes that a vocabulary writes so; empty where a character stands for no byte. */
    static Optional<byte[]> read(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = text.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) return Optional.empty();
            bytes[i] = (byte) BYTE_OF[c];
        }
        return Optional.of(bytes);
    }

    /** Returns the characters that these bytes are in UTF-8; empty where they are not whole characters. */
    static Optional<String> characters(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
