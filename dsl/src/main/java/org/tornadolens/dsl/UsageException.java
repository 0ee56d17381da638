package org.tornadolens.dsl;

/** Arguments or a configuration that cannot be followed; one line says why and what would do. */
public final class UsageException extends RuntimeException {
    public UsageException(String message) { super(message); }
}
