package org.tornadolens.dsl.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Words errors of the system so that they say what to do. */
final class Wording {

    private Wording() {}

    static String of(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case AccessDeniedException denied -> denied.getFile() + ": the system denies access";
            case FileAlreadyExistsException exists -> exists.getFile() + " exists already";
            case FileSystemException system when system.getReason() != null ->
                    system.getFile() + ": " + system.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
