package org.tornadolens.checkpoint;

import java.nio.file.Path;

/** Thrown when a checkpoint cannot be opened; one line with the file, the tensor if any, and the problem. */
public final class CheckpointException extends RuntimeException {

    private static final int MAX_LENGTH = 1000;   // characters; names in a damaged file can be as long as the file

    public CheckpointException(Path file, String problem) { super(oneLine(file + ": " + problem)); }

    public CheckpointException(Path file, String tensor, String problem) {
        this(file, "tensor " + oneLine(tensor) + ": " + problem);
    }

    private static String oneLine(String text) {
        String shown = text.length() <= MAX_LENGTH ? text
                : text.substring(0, MAX_LENGTH / 2) + " … " + text.substring(text.length() - MAX_LENGTH / 2);
        return shown.replaceAll("\\p{Cntrl}", "?");
    }
}
