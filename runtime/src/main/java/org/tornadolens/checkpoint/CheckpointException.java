package org.tornadolens.checkpoint;
import java.nio.file.Path;

/** A checkpoint that cannot be opened: one line with the file, the tensor where there is one, and what is wrong. */
public final class CheckpointException extends RuntimeException {

    private static final int LONGEST = 1000;   // characters; names in a damaged file can be as long as the file

    public CheckpointException(Path file, String problem) { super(oneLine(file + ": " + problem)); }

    public CheckpointException(Path file, String tensor, String problem) {
        this(file, "tensor " + oneLine(tensor) + ": " + problem);
    }

    private static String oneLine(String text) {
        String shown = text.length() <= LONGEST ? text
                : text.substring(0, LONGEST / 2) + " … " + text.substring(text.length() - LONGEST / 2);
        return shown.replaceAll("\\p{Cntrl}", "?");
    }
}
