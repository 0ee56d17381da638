package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tornadolens.Nearest;

/** Recognises files that people take for a checkpoint, and says what they are and what to open instead. */
final class Foreign {

    static final String MERGE_ADAPTER =
            "merge it into its base model (merge_and_unload in peft, then save_pretrained) and open the result";
    static final String UNQUANTISED = "use the unquantised checkpoint, or a GGUF of it";

    private static final String ADAPTER_CONFIG = "adapter_config.json";

    /** A kind of file by the end of its name, in lower case. */
    private record Kind(String suffix, String what) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("adapter_model.safetensors", "a LoRA adapter, not a model; " + MERGE_ADAPTER),
            new Kind("adapter_model.bin", "a LoRA adapter, not a model; " + MERGE_ADAPTER),
            new Kind(".onnx", "an ONNX graph, whose weights are not named as a Llama's; open the safetensors"
                    + " checkpoint that it was exported from"),
            new Kind(".npz", "a NumPy archive, as MLX once wrote; open the safetensors checkpoint that it was made"
                    + " from"),
            new Kind(".h5", "TensorFlow weights; save them as safetensors (from_pretrained with from_tf=True, then"
                    + " save_pretrained)"),
            new Kind(".msgpack", "Flax weights; save them as safetensors (from_pretrained with from_flax=True, then"
                    + " save_pretrained)"),
            new Kind(".ckpt", "a training checkpoint; save its model with save_pretrained"),
            new Kind(".pt", "a torch file; save its model with save_pretrained"),
            new Kind(".zip", "a zip archive; unpack it"), new Kind(".gz", "a compressed archive; unpack it"),
            new Kind(".tar", "an archive; unpack it"), new Kind(".zst", "a compressed archive; unpack it"),
            new Kind(".incomplete", "a download that did not finish; download it again"),
            new Kind(".aria2", "a download that did not finish; download it again"),
            new Kind(".part", "a download that did not finish; download it again"));

    private Foreign() {}

    /** Returns what a file is by its name: {@code an ONNX graph, …}. */
    static Optional<String> what(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return KINDS.stream().filter(kind -> name.endsWith(kind.suffix())).map(Kind::what).findFirst();
    }

    /** Returns what a folder holds instead of weights: {@code holds model.onnx, an ONNX graph, …}. */
    static Optional<String> found(Path folder) {
        for (Path file : list(folder, "*")) {
            Optional<String> what = Files.isRegularFile(file) ? what(file) : Optional.empty();
            if (what.isPresent()) return Optional.of("holds " + file.getFileName() + ", " + what.get());
        }
        List<String> others =
                list(folder, "*.safetensors").stream().map(file -> file.getFileName().toString()).toList();
        return others.isEmpty() ? Optional.empty()
                : Optional.of("holds " + String.join(", ", others.subList(0, Math.min(3, others.size())))
                        + "; name the file if it is the whole model");
    }

    /** Refuses a folder with an adapter: transformers applies it to the model, and it would silently be left out. */
    static void refuseAdapter(Path folder) {
        Path config = folder.resolve(ADAPTER_CONFIG);
        if (!Files.exists(config)) return;
        Json json = Json.read(config);
        String base = json.isText("base_model_name_or_path")
                ? " of " + json.text("base_model_name_or_path") : "";
        throw new CheckpointException(config,
                "describes an adapter" + base
                        + ", which this folder holds: these are LoRA adapter weights, not a model; "
                        + MERGE_ADAPTER);
    }

    /** Returns the files or folders of a folder that match a pattern, in order. */
    static List<Path> list(Path folder, String pattern) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, pattern)) {
            found.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new CheckpointException(folder, "cannot be listed: " + e.getMessage());
        }
        Collections.sort(files);
        return files;
    }

    /** Says of a path that does not exist where it ends, and which checkpoints there have a similar name. */
    static CheckpointException missing(Path path, String otherwise) {
        Path parent = path.toAbsolutePath().normalize().getParent();
        while (parent != null && !Files.isDirectory(parent)) parent = parent.getParent();
        if (parent == null) return new CheckpointException(path, "no such file or folder" + otherwise);
        String sought = parent.relativize(path.toAbsolutePath().normalize()).getName(0).toString();
        Map<String, Path> here = list(parent, "*").stream().filter(Foreign::mayBeModel)
                .collect(Collectors.toMap(file -> file.getFileName().toString(), file -> file, (one, _) -> one));
        List<String> near = Nearest.to(sought, here.keySet());
        return new CheckpointException(path, "no such file or folder" + otherwise
                + (near.isEmpty() ? "" : "; nearest in " + parent + ": " + String.join(", ", near)));
    }

    /** Returns true for a file or folder that looks like a checkpoint from outside. */
    static boolean mayBeModel(Path file) {
        String name = file.getFileName().toString();
        if (!Files.isDirectory(file)) return name.matches(".*\\.(gguf|safetensors|bin)");
        return Files.exists(file.resolve(HuggingFace.CONFIG)) || Files.exists(file.resolve(MetaFolder.PARAMS))
                || HuggingFaceCache.isRepository(file);
    }
}
