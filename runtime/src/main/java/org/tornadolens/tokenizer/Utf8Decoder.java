package org.tornadolens.tokenizer;

/**
 * Decodes UTF-8 one byte at a time. For invalid bytes it follows SentencePiece, which replaces the first by U+FFFD and
 * resumes at the second; Java's own decoder treats a truncated character differently.
 */
final class Utf8Decoder {

    private static final int INVALID = -1, INCOMPLETE = -2;

    private int pending;   // bytes of an incomplete character, the earliest in the highest position
    private int count;     // number of pending bytes; at most 3 between calls

    void accept(int value, StringBuilder text) {
        pending = pending << 8 | value;
        count++;
        drain(false, text);
    }

    /** Ends the input: the pending bytes are not a character. */
    void finish(StringBuilder text) { drain(true, text); }

    private void drain(boolean last, StringBuilder text) {
        while (count > 0) {
            int codePoint = first();
            if (codePoint == INCOMPLETE && !last) return;
            text.appendCodePoint(codePoint < 0 ? 0xFFFD : codePoint);
            count -= codePoint < 0 ? 1 : length(at(0));
            pending &= count == 0 ? 0 : -1 >>> 32 - 8 * count;
        }
    }

    /** Returns the code point at the start of the pending bytes, {@link #INVALID} or {@link #INCOMPLETE}. */
    private int first() {
        int lead = at(0);
        int length = length(lead);
        if (length < 2) return length == 1 ? lead : INVALID;
        int codePoint = lead & 0x7F >> length;
        for (int i = 1; i < length; i++) {
            if (i == count) return INCOMPLETE;
            int low = 0x80, high = 0xBF;
            if (i == 1) {   // no overlong form, no surrogate, nothing above U+10FFFF
                if (lead == 0xE0) low = 0xA0;
                if (lead == 0xED) high = 0x9F;
                if (lead == 0xF0) low = 0x90;
                if (lead == 0xF4) high = 0x8F;
            }
            if (at(i) < low || at(i) > high) return INVALID;
            codePoint = codePoint << 6 | at(i) & 0x3F;
        }
        return codePoint;
    }

    private int at(int index) { return pending >>> 8 * (count - 1 - index) & 0xFF; }

    /** Returns the length in bytes of a character that starts with this byte; 0 if none does. */
    private static int length(int lead) {
        if (lead < 0x80) return 1;
        if (lead < 0xC2) return 0;
        if (lead < 0xE0) return 2;
        if (lead < 0xF0) return 3;
        return lead < 0xF5 ? 4 : 0;
    }
}
