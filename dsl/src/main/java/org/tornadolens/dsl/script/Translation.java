package org.tornadolens.dsl.script;

import java.io.IOException;
import org.graalvm.polyglot.HostAccess;
import org.tornadolens.UsageException;

/** What a Java exception looks like to a script: the constructor of a JavaScript error and its message. */
public record Translation(@HostAccess.Export String kind, @HostAccess.Export String message) {

    static Translation of(Throwable thrown) {
        String message = thrown.getMessage();
        return switch (thrown) {
            case UsageException e -> new Translation("RangeError", message);
            case IllegalArgumentException e when message != null -> new Translation("RangeError", message);
            case IndexOutOfBoundsException e when message != null -> new Translation("RangeError", message);
            case ClassCastException e when message != null -> new Translation("TypeError", message);
            case OutOfMemoryError e -> new Translation("Error", "out of memory: " + message);
            case RuntimeException e when message != null && e.getClass() != RuntimeException.class ->
                    new Translation("Error", message);
            case IOException e when message != null -> new Translation("Error", message);
            default -> new Translation("Error", "internal error: " + thrown + " (--verbose shows where)");
        };
    }
}
