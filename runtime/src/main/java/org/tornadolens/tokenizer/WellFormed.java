package org.tornadolens.tokenizer;

/** Texts that UTF-8 can represent. */
final class WellFormed {

    private WellFormed() {}

    /** Replaces unpaired surrogates, which UTF-8 cannot represent, by U+FFFD. */
    static String of(String text) {
        StringBuilder fixed = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) continue;
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else {
                if (fixed == null) fixed = new StringBuilder(text);
                fixed.setCharAt(i, '\uFFFD');
            }
        }
        return fixed == null ? text : fixed.toString();
    }
}
