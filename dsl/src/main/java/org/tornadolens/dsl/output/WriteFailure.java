package org.tornadolens.dsl.output;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The error of a file that cannot be written. */
final class WriteFailure {

    private static final String PREFIX = "cannot be written: ";

    private WriteFailure() {}

    /** Returns it with the file's name: the system's own error may name none, or a temporary one. */
    static FileSystemException of(Path file, IOException e) {
        String reason = switch (e) {
            case NoSuchFileException _ -> "there is no such folder";
            case AccessDeniedException _ -> "the system denies access";
            case FileSystemException system when system.getReason() != null -> system.getReason();
            case IOException outer when outer.getCause() instanceof IOException inner ->
                    String.valueOf(inner.getMessage());   // a library's words around the system's
            default -> String.valueOf(e.getMessage());
        };
        return new FileSystemException(file.toString(), null, reason.startsWith(PREFIX) ? reason : PREFIX + reason);
    }
}
