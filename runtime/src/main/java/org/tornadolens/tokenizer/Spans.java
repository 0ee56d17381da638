package org.tornadolens.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The tokens of a text and the characters that each stands for. Token i covers the characters {@code starts[i]}
 * (inclusive) to {@code ends[i]} (exclusive) of the text; several tokens may be bytes of one character, and a token may
 * cover none. Spans ascend.
 */
public record Spans(int[] ids, int[] starts, int[] ends) {

    /** Returns the tokens that share a character with {@code from} (inclusive) to {@code to} (exclusive). */
    public int[] overlapping(int from, int to) {
        return java.util.stream.IntStream.range(0, ids.length).filter(i -> starts[i] < to && ends[i] > from).toArray();
    }

    /**
     * Finds the characters of tokens by the bytes that each is encoded from, in order. Bytes that a normaliser changed
     * are attributed to the tokens between the nearest ones that are found.
     */
    static Spans align(Tokenizer tokenizer, String original, int[] ids) {
        String text = original.replace('\u2581', ' ');   // SentencePiece does not tell them apart
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] character = characters(text, bytes.length);
        int[] starts = new int[ids.length], ends = new int[ids.length];
        int at = 0, open = 0;   // the first token that has not been found yet
        for (int i = 0; i < ids.length; i++) {
            byte[] token = tokenizer.bytes(ids[i]);
            int from = find(bytes, at, token, i > open);
            if (from < 0 && token.length > 1 && token[0] == ' ') {   // the space that encoding puts in front
                token = Arrays.copyOfRange(token, 1, token.length);
                from = find(bytes, at, token, i > open);
            }
            if (from < 0) {
                if (token.length == 1 && token[0] == ' ' && i == open) {   // that space alone
                    starts[i] = ends[i] = at;
                    open = i + 1;
                }
                continue;
            }
            for (int j = open; j < i; j++) {
                starts[j] = at;
                ends[j] = from;
            }
            starts[i] = from;
            ends[i] = at = from + token.length;
            open = i + 1;
        }
        for (int j = open; j < ids.length; j++) {
            starts[j] = at;
            ends[j] = bytes.length;
        }
        for (int i = 0; i < ids.length; i++) {
            ends[i] = ends[i] > starts[i] ? character[ends[i] - 1] + length(text, character[ends[i] - 1])
                    : character[starts[i]];
            starts[i] = character[starts[i]];
        }
        return new Spans(ids, starts, ends);
    }

    private static int length(String text, int index) { return Character.charCount(text.codePointAt(index)); }

    /** Returns where a token begins: here, behind whitespace that an added token takes, or anywhere behind. */
    private static int find(byte[] text, int at, byte[] token, boolean anywhere) {
        if (token.length == 0) return -1;
        for (int from = at; from + token.length <= text.length; from++) {
            if (Arrays.equals(text, from, from + token.length, token, 0, token.length)) return from;
            if (!anywhere && (token[0] == ' ' || !Character.isWhitespace(text[from]))) return -1;
        }
        return -1;
    }

    /** The index of the character that each byte of the UTF-8 belongs to, and behind the last the text's length. */
    private static int[] characters(String text, int bytes) {
        int[] character = new int[bytes + 1];
        int at = 0;
        for (int i = 0; i < text.length();) {
            int point = text.codePointAt(i);
            int width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
            for (int b = 0; b < width; b++) character[at++] = i;
            i += Character.charCount(point);
        }
        character[at] = text.length();
        return character;
    }
}
