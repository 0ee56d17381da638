package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {

    private Checkpoints() {}

    /**
     * Opens a checkpoint: a Hugging Face folder or one safetensors file with config.json beside it. Weights are mapped
     * into memory, not read.
     *
     * @throws CheckpointException with one line that names the file, the tensor and what is wrong
     */
    public static Checkpoint open(Path path) {
        if (!Files.exists(path)) throw new CheckpointException(path, "no such file or folder");
        return Files.isDirectory(path) ? openFolder(path) : openFile(path);
    }

    private static Checkpoint openFolder(Path folder) {
        if (Files.exists(folder.resolve(HuggingFace.CONFIG))) return HuggingFace.openFolder(folder);
        throw new CheckpointException(folder, "holds no checkpoint: neither " + HuggingFace.CONFIG + " with safetensors");
    }

    private static Checkpoint openFile(Path file) {
        String name = file.getFileName().toString();
        if (name.endsWith(".safetensors")) return HuggingFace.openFile(file);
        throw new CheckpointException(file, "is no checkpoint; a .safetensors is");
    }
}
