package org.tornadolens.dsl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.memory.MemoryException;

/** Words errors of the system so that they name the thing and say what to do. */
public final class Wording {

    private static final Pattern DIRECT =
            Pattern.compile(
                    "Cannot reserve (\\d+) bytes of direct buffer memory \\(allocated: (\\d+), limit: (\\d+)\\)");

    private Wording() {}

    public static String of(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case AccessDeniedException denied -> denied.getFile() + ": the system denies access";
            case FileAlreadyExistsException exists -> exists.getFile() + " exists already";
            case DirectoryNotEmptyException full -> full.getFile() + " is a folder that is not empty";
            case FileSystemException system when system.getReason() != null ->
                    system.getFile() + ": " + system.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    public static String of(UncheckedIOException e) {
        boolean said = e.getMessage() != null && !e.getMessage().equals(e.getCause().toString());
        return said ? e.getMessage() : of(e.getCause());
    }

    public static String of(OutOfMemoryError e) {
        String message = String.valueOf(e.getMessage());
        Matcher direct = DIRECT.matcher(message);
        if (direct.matches()) {
            long needed = Long.parseLong(direct.group(1)), taken = Long.parseLong(direct.group(2)),
                    all = Long.parseLong(direct.group(3));
            return "out of memory: a tensor of " + MemoryException.text(needed) + " is asked for, and of the "
                    + MemoryException.text(all) + " for tensors " + MemoryException.text(all - taken) + " are free";
        }
        if (message.contains("heap space") || message.contains("GC overhead"))
            return "out of memory: the Java heap is full; TORNADOLENS_JAVA_OPTIONS=-Xmx4g gives it more";
        return "out of memory: " + message;
    }
}
