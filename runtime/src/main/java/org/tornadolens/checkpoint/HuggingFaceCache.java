package org.tornadolens.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The folder in which huggingface_hub keeps what it has downloaded: {@code models--ORG--NAME/snapshots/COMMIT}, whose
 * files are links to {@code blobs}, and {@code refs/main} with the commit that the name stands for. Nothing is
 * downloaded.
 *
 * @param root the folder of the {@code models--…} folders
 */
record HuggingFaceCache(Path root) {

    private static final String PREFIX = "models--";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][\\w.-]*(/[A-Za-z0-9][\\w.-]*)?");

    /** Returns the cache that the environment names, as huggingface_hub does. */
    static HuggingFaceCache of(Map<String, String> environment, Path home) {
        for (String name : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
            if (set(environment, name)) return new HuggingFaceCache(expanded(environment.get(name), home));
        }
        if (set(environment, "HF_HOME"))
            return new HuggingFaceCache(expanded(environment.get("HF_HOME"), home).resolve("hub"));
        Path caches = set(environment, "XDG_CACHE_HOME") ? expanded(environment.get("XDG_CACHE_HOME"), home)
                : home.resolve(".cache");
        return new HuggingFaceCache(caches.resolve("huggingface").resolve("hub"));
    }

    static HuggingFaceCache ofThisUser() { return of(System.getenv(), Path.of(System.getProperty("user.home"))); }

    private static boolean set(Map<String, String> environment, String name) {
        return environment.containsKey(name) && !environment.get(name).isBlank();
    }

    private static Path expanded(String path, Path home) {
        return path.equals("~") ? home : path.startsWith("~/") ? home.resolve(path.substring(2)) : Path.of(path);
    }

    /** Returns the snapshot of a model by its name on the hub, ORG/NAME, if it was downloaded. */
    Optional<Path> snapshot(Path name) {
        Path repository = root.resolve(PREFIX + name.toString().replace("/", "--"));
        return isName(name) && isRepository(repository) ? Optional.of(snapshotOf(repository)) : Optional.empty();
    }

    static boolean isName(Path path) { return NAME.matcher(path.toString()).matches(); }

    static boolean isRepository(Path folder) { return Files.isDirectory(folder.resolve("snapshots")); }

    /** Returns the names of the models in a folder that is a cache itself. */
    static List<String> models(Path cache) {
        return Foreign.list(cache, PREFIX + "*").stream().filter(HuggingFaceCache::isRepository)
                .map(folder -> folder.getFileName().toString()).toList();
    }

    /** Returns the snapshot that refs/main names, or the only one. */
    static Path snapshotOf(Path repository) {
        Path main = repository.resolve("refs").resolve("main"), snapshots = repository.resolve("snapshots");
        List<Path> all = Foreign.list(snapshots, "*").stream().filter(Files::isDirectory).toList();
        if (Files.isRegularFile(main)) {
            Path named = snapshots.resolve(commit(main));
            if (all.contains(named)) return named;
        }
        if (all.size() == 1) return all.getFirst();
        throw new CheckpointException(repository, all.isEmpty() ? "holds no snapshot; download the model again"
                : "holds " + all.size() + " snapshots, and its refs/main names none of them; name one: "
                        + String.join(", ", all.stream().limit(3).map(Path::toString).toList()));
    }

    private static String commit(Path ref) {
        try {
            String commit = Files.size(ref) > 100 ? "" : Files.readString(ref).strip();
            if (!commit.matches("[0-9A-Za-z]+")) throw new CheckpointException(ref, "does not name a commit");
            return commit;
        } catch (IOException e) {
            throw new CheckpointException(ref, "cannot be read: " + e.getMessage());
        }
    }
}
