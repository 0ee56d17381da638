package org.tornadolens.checkpoint;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {

    private static final String SUPPORTED =
            "a folder with config.json and safetensors, a .safetensors file with config.json beside it, "
                    + "a .gguf file, a llama2.c .bin file, or a folder with params.json and consolidated.00.pth";

    private Checkpoints() {}

    /**
     * Opens a checkpoint: a Hugging Face folder, a safetensors file with config.json beside it, a GGUF file or a folder
     * with one, a llama2.c file, or a Meta folder. Weights are memory-mapped and not read.
     *
     * @throws CheckpointException with one line that names the file, the tensor and the problem
     */
    public static Checkpoint open(Path path) {
        if (!Files.exists(path)) throw new CheckpointException(path, "no such file or folder");
        return Files.isDirectory(path) ? openFolder(path) : openFile(path);
    }

    private static Checkpoint openFolder(Path folder) {
        boolean huggingFace = Files.exists(folder.resolve(HuggingFace.CONFIG)),
                meta = Files.exists(folder.resolve(MetaFolder.PARAMS));
        if (huggingFace && (!meta || HuggingFace.hasTensors(folder))) return HuggingFace.openFolder(folder);
        if (meta) return MetaFolder.open(folder);
        List<Path> ggufs = ggufs(folder);
        if (ggufs.size() == 1) return Gguf.open(ggufs.getFirst());
        throw new CheckpointException(folder, ggufs.isEmpty() ? "holds no checkpoint; supported are " + SUPPORTED
                : "holds " + ggufs.size() + " .gguf files; name one of them");
    }

    private static List<Path> ggufs(Path folder) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.gguf")) {
            found.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new CheckpointException(folder, "cannot be listed: " + e.getMessage());
        }
        return files;
    }

    private static Checkpoint openFile(Path file) {
        String name = file.getFileName().toString();
        if (name.endsWith(".safetensors")) return HuggingFace.openFile(file);
        if (name.endsWith(".gguf")) return Gguf.open(file);
        if (name.endsWith(".bin")) return Llama2c.open(file);
        boolean part = name.equals(HuggingFace.CONFIG) || name.equals(HuggingFace.INDEX)
                || name.equals(MetaFolder.PARAMS) || name.endsWith(".pth");
        throw new CheckpointException(file,
                part ? "is part of a checkpoint; name its folder, " + file.toAbsolutePath().getParent()
                        : "is not a checkpoint; supported are " + SUPPORTED);
    }
}
