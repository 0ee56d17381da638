package org.tornadolens;

/** Something was asked for that does not exist or does not fit; the message names it, its place and the remedy. */
public class UsageException extends RuntimeException {
    public UsageException(String message) { super(message); }
}
