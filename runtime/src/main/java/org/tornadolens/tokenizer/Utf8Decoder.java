package org.tornadolens.tokenizer;

/**
 * UTF-8 that comes one byte at a time. Where bytes are not UTF-8, SentencePiece gives U+FFFD for the first and tries
 * again at the second, which is not what Java's decoder does with a truncated character; this follows SentencePiece.
 */
final class Utf8Decoder {

    private static final int INVALID = -1, INCOMPLETE = -2;

    private int pending;   // bytes of an unfinished character, the earliest on top
    private int count;     // how many there are, at most 3 between calls

    void accept(int value, StringBuilder text) {
        pending = pending << 8 | value;
        count++;
        drain(false, text);
    }

    /** No more bytes come: what is pending is not a character. */
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

    /** The code point that the pending bytes start with. */
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

    /** Bytes of a character that starts with this one; 0 if none does. */
    private static int length(int lead) {
        if (lead < 0x80) return 1;
        if (lead < 0xC2) return 0;
        if (lead < 0xE0) return 2;
        if (lead < 0xF0) return 3;
        return lead < 0xF5 ? 4 : 0;
    }
}
