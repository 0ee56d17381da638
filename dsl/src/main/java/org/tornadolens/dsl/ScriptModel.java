package org.tornadolens.dsl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Checkpoints;

/**
 * A checkpoint that a script names, and may open: one that it has saved, one in a folder that it may read, the bundled
 * one, and one that the command line names. An input of a session opens any, as it was typed by a person.
 *
 * @param path    what to open
 * @param folders that its files must lie in; absent for one that is not restricted
 */
record ScriptModel(String path, Optional<ReadableFolders> folders) {

    /** @throws UsageException if the script may not read it, in the same words whether or not it exists */
    static ScriptModel of(Host host, String name) {
        try {
            return permitted(host, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ScriptModel permitted(Host host, String name) throws IOException {
        Optional<Path> saved = host.folder().written(name);
        if (saved.isPresent()) return free(saved.get().toString());
        if (host.settings().yields() || host.settings().arguments().containsValue(name)) return free(name);
        ReadableFolders folders = host.readable();
        Path here = Path.of(name).toAbsolutePath(), beside = host.scriptFolder().resolve(name).toAbsolutePath();
        Path absent = null;
        for (Path file : List.of(here, beside)) {
            Path real = ReadableFolders.destination(file);
            if (bundled(real)) return free(name);
            if (!folders.contain(real)) continue;
            if (Files.exists(real)) return restricted(real.toString(), folders);
            if (absent == null) absent = file;
        }
        if (Checkpoints.isHubName(name)) {
            Path cache = Checkpoints.hubCache();
            if (folders.contain(ReadableFolders.destination(cache.toAbsolutePath())))
                return restricted(Checkpoints.hubSnapshot(name).map(Path::toString).orElse(name), folders);
            throw new UsageException((absent == null ? "" : "no file or folder " + absent.normalize() + ", and ") + "\""
                    + name + "\" cannot be read from Hugging Face's cache; --allow-read " + cache
                    + " would allow it, and --model " + name + " opens it");
        }
        if (folders.contain(ReadableFolders.destination(here)))
            return restricted(here.toString(), folders);      // opening it says what is near
        if (absent != null)
            throw new CheckpointException(Path.of(name), "no such file or folder in " + absent.getParent().normalize()
                    + "; --allow-read FOLDER lets a script open models of another folder, and --model PATH opens any");
        Path outside = beside.normalize(), leads = ReadableFolders.destination(beside);
        boolean link = folders.contain(outside);
        throw new UsageException(outside + (link ? ", which leads to " + leads + "," : "")
                + " cannot be read; --allow-read " + (link ? leads : outside).getParent()
                + " would allow it, and --model opens any model");
    }

    private static boolean bundled(Path real) throws IOException {
        try {
            return real.equals(Home.bundledModel().toRealPath());
        } catch (UsageException e) {
            return false;     // TornadoLens was installed without one
        }
    }

    private static ScriptModel free(String path) { return new ScriptModel(path, Optional.empty()); }

    private static ScriptModel restricted(String path, ReadableFolders folders) throws IOException {
        ScriptModel model = new ScriptModel(path, Optional.of(folders));
        model.require();
        return model;
    }

    /** Refuses a checkpoint with a link that leads out of what the script may read. */
    void require() {
        try {
            Path file = Path.of(path);
            if (folders.isPresent() && Files.exists(file)) folders.get().requireInside(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
