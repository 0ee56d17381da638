package org.tornadolens.checkpoint;

import java.nio.file.Path;

/** A checkpoint that cannot be opened: one line with the file, the tensor where there is one, and what is wrong. */
public final class CheckpointException extends RuntimeException {

    public CheckpointException(Path file, String problem) { super(file + ": " + problem); }

    public CheckpointException(Path file, String tensor, String problem) { super(file + ": tensor " + tensor + ": " + problem); }
}
