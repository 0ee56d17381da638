package org.tornadolens.tokenizer;

/**
 * Decodes ids one at a time. What {@link #accept} and at last {@link #finish} return adds up to what
 * {@link Tokenizer#decode} returns for all of them; to continue a prompt, accept the prompt's ids first. Not
 * thread-safe.
 */
public interface TokenStream {

    /** Returns the text that this id completes: none while bytes of a character are still missing. */
    String accept(int id);

    /** Returns what is left of a character whose bytes did not all arrive. Nothing may be accepted afterwards. */
    String finish();
}
