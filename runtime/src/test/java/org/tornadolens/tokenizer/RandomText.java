package org.tornadolens.tokenizer;

import java.util.random.RandomGenerator;

/** Random text of every kind: words, runs of spaces, control characters, every script, four-byte characters. */
final class RandomText {

    private static final String[] WORDS = {"the", " cat", "ing", "<s>", "</s>", "<0x0A>", "<0xFF>", "é", "e\u0301",
            "👩‍👩‍👧", "🇩🇪", "猫は", "שלום", "\r\n", "\t"};

    private RandomText() {}

    /** Returns text that decoding can restore: without U+2581 and without unpaired surrogates. */
    static String of(RandomGenerator random, int parts) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(5)) {
                case 0 -> text.append(WORDS[random.nextInt(WORDS.length)]);
                case 1 -> text.append(" ".repeat(random.nextInt(1, 5)));
                case 2 -> text.append((char) random.nextInt(128));
                case 3 -> text.appendCodePoint(scalar(random, 0x10000));
                default -> text.appendCodePoint(scalar(random, Character.MAX_CODE_POINT + 1));
            }
        }
        return text.toString();
    }

    private static int scalar(RandomGenerator random, int bound) {
        int codePoint = random.nextInt(bound);
        return codePoint == '\u2581' || codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE
                ? 'x' : codePoint;
    }
}
