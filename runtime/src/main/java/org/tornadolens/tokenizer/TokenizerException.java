package org.tornadolens.tokenizer;

/** A tokenizer that cannot be opened: one line with the file (or checkpoint) and what is wrong with it. */
public final class TokenizerException extends RuntimeException {

    public TokenizerException(String origin, String problem) { super(origin + ": " + problem); }

    public TokenizerException(String origin, String problem, Throwable cause) { super(origin + ": " + problem, cause); }
}
