package org.tornadolens.tokenizer;

/**
 * A token that is found in a text before the text is cut into pieces, as tokenizer_config.json, added_tokens.json and
 * tokenizer.json list them.
 *
 * @param special    a control token, such as one that ends a turn of a conversation: it has no text of its own
 * @param singleWord found only where no letter, digit or underscore stands beside it
 * @param leftStrip  whitespace in front of it belongs to it
 * @param rightStrip whitespace behind it belongs to it
 * @param normalized found in the normalised text
 */
public record AddedToken(int id, String text, boolean special, boolean singleWord, boolean leftStrip,
        boolean rightStrip, boolean normalized) {

    /** A token that is found wherever its text stands. */
    public static AddedToken of(int id, String text, boolean special) {
        return new AddedToken(id, text, special, false, false, false, !special);
    }
}
