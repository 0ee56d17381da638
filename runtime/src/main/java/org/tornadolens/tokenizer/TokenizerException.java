package org.tornadolens.tokenizer;

/** Thrown when a tokenizer cannot be opened; the message is one line with the file (or checkpoint) and the problem. */
public final class TokenizerException extends RuntimeException {

    public TokenizerException(String origin, String problem) { super(origin + ": " + problem); }

    public TokenizerException(String origin, String problem, Throwable cause) { super(origin + ": " + problem, cause); }
}
