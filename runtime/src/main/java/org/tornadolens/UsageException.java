package org.tornadolens;

/** Thrown when a request does not exist or does not fit; the message names the request, its place and the remedy. */
public class UsageException extends IllegalArgumentException {
    public UsageException(String message) { super(message); }
}
