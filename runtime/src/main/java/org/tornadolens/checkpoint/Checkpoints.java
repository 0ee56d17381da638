package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {

    private static final String SUPPORTED =
            "a folder with config.json and safetensors or pytorch_model.bin, a .safetensors file with config.json "
                    + "beside it, a .gguf file, a llama2.c .bin file, or a folder with params.json and "
                    + "consolidated.00.pth or consolidated.safetensors";

    private Checkpoints() {}

    /**
     * Opens a checkpoint: a Hugging Face folder, a file of its tensors with config.json beside it, the folder of a
     * model in Hugging Face's cache or its name there (ORG/NAME), a GGUF file (any part of a split one) or a folder
     * with one, a llama2.c file, or a folder of Meta or Mistral. Weights are memory-mapped and not read.
     *
     * @throws CheckpointException with one line that names the file, the tensor and the problem
     */
    public static Checkpoint open(Path path) { return open(path, HuggingFaceCache.ofThisUser()); }

    static Checkpoint open(Path path, HuggingFaceCache cache) {
        if (Files.isDirectory(path)) return openFolder(path);
        if (Files.exists(path)) return openFile(path);
        Optional<Path> downloaded = cache.snapshot(path);
        if (downloaded.isPresent()) return openFolder(downloaded.get());
        if (Files.isSymbolicLink(path))
            throw new CheckpointException(path, "is a link to a file that is not there; download the model again");
        boolean onHub = HuggingFaceCache.isName(path) && path.getNameCount() == 2 && !Files.exists(path.getName(0));
        throw Foreign.missing(path,
                onHub ? ", and no such model in " + cache.root() + " (hf download " + path + " would fetch it)" : "");
    }

    /** Whether a name may be that of a model on Hugging Face's hub: ORG/NAME. */
    public static boolean isHubName(String name) {
        return HuggingFaceCache.isName(Path.of(name)) && Path.of(name).getNameCount() == 2;
    }

    /** Returns the folder in which huggingface_hub keeps what this user has downloaded. */
    public static Path hubCache() {
        return HuggingFaceCache.ofThisUser().root();
    }

    /** Returns the folder of a downloaded model by its name on the hub. */
    public static Optional<Path> hubSnapshot(String name) {
        return HuggingFaceCache.ofThisUser().snapshot(Path.of(name));
    }

    /**
     * Returns what {@link #open} would take for models: paths of files and folders in a folder and the folders in it,
     * relative to it, and the names of the models in Hugging Face's cache. Nothing is opened.
     */
    public static List<String> names(Path folder) { return names(folder, HuggingFaceCache.ofThisUser()); }

    static List<String> names(Path folder, HuggingFaceCache cache) {
        List<Path> here = Foreign.list(folder, "*");
        Stream<Path> deeper = here.stream().filter(one -> Files.isDirectory(one) && !Foreign.mayBeModel(one))
                .filter(Files::isReadable).flatMap(one -> Foreign.list(one, "*").stream());
        Stream<String> paths = Stream.concat(here.stream(), deeper).filter(Foreign::mayBeModel)
                .filter(file -> Files.isDirectory(file) || !file.toString().endsWith(".bin"))
                .map(file -> folder.relativize(file).toString().replace('\\', '/'));
        Stream<String> cached = Files.isDirectory(cache.root()) ? HuggingFaceCache.models(cache.root()).stream()
                .map(name -> name.substring("models--".length()).replaceFirst("--", "/")) : Stream.of();
        return Stream.concat(paths, cached).toList();
    }

    /**
     * Returns what is wrong with a checkpoint's file where an error of the virtual machine says that a file that is
     * mapped has no memory any more: another program has cut it short.
     */
    public static Optional<CheckpointException> cutShort(Throwable thrown) {
        for (Throwable one = thrown; one != null; one = one.getCause())
            if (one instanceof InternalError) return OpenFiles.cutShort();
        return Optional.empty();
    }

    private static Checkpoint openFolder(Path folder) {
        boolean huggingFace = Files.exists(folder.resolve(HuggingFace.CONFIG)),
                meta = Files.exists(folder.resolve(MetaFolder.PARAMS));
        List<Path> ggufs = GgufParts.first(Foreign.list(folder, "*.gguf"));
        if (huggingFace && (HuggingFaceTensors.isIn(folder) || !meta && ggufs.isEmpty()))
            return HuggingFace.openFolder(folder);
        if (meta) return MetaFolder.open(folder);
        if (HuggingFaceCache.isRepository(folder)) return openFolder(HuggingFaceCache.snapshotOf(folder));
        if (ggufs.size() == 1) return Gguf.open(ggufs.getFirst());
        if (ggufs.size() > 1)
            throw new CheckpointException(folder, "holds " + ggufs.size() + " .gguf files; name one of them: "
                    + names(ggufs.stream().map(file -> file.getFileName().toString()).toList()));
        Foreign.refuseAdapter(folder);
        List<String> models = HuggingFaceCache.models(folder);
        if (!models.isEmpty())
            throw new CheckpointException(folder,
                    "holds the folders of " + models.size() + " models; name one of them: "
                            + names(models));
        throw new CheckpointException(folder, Foreign.found(folder)
                .orElse("holds no checkpoint; supported are " + SUPPORTED));
    }

    private static String names(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(8, names.size()))) + (names.size() > 8 ? ", …" : "");
    }

    private static Checkpoint openFile(Path file) {
        String name = file.getFileName().toString();
        MappedFile.pointer(file).ifPresent(pointer -> { throw new CheckpointException(file, pointer); });
        if (name.startsWith("adapter_model.")) Foreign.refuseAdapter(file.toAbsolutePath().getParent());
        if (name.endsWith(".safetensors")) return HuggingFace.openFile(file);
        if (name.endsWith(".gguf")) return Gguf.open(file);
        if (name.endsWith(".bin"))
            return TorchFile.isTorch(MappedFile.open(file)) ? HuggingFace.openFile(file) : Llama2c.open(file);
        boolean part = name.equals(HuggingFace.CONFIG) || name.endsWith(".index.json")
                || name.equals(MetaFolder.PARAMS) || name.endsWith(".pth");
        throw new CheckpointException(file,
                part ? "is part of a checkpoint; name its folder, " + file.toAbsolutePath().getParent()
                        : Foreign.what(file).map(what -> "is " + what)
                                .orElse("is not a checkpoint; supported are " + SUPPORTED));
    }
}
