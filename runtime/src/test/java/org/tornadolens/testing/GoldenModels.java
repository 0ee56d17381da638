package org.tornadolens.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tornadolens.backend.Backend;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.model.Model;

/** The small models of {@code golden/}, and the files with the results of independent implementations. */
public final class GoldenModels {

    private GoldenModels() {}

    /** Returns the names of the models, such as {@code grouped-query}. */
    public static List<String> shapes() {
        try (var folders = Files.list(ResourceFiles.path("golden"))) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Path folder(String shape) { return ResourceFiles.path("golden").resolve(shape); }

    /** Opens a model on the backend under test. */
    public static Model open(String shape) {
        return open(shape, BackendUnderTest.BACKEND);
    }

    public static Model open(String shape, Backend backend) {
        return Model.of(Checkpoints.open(folder(shape)), backend);
    }

    /** Opens a file of a model by its kind: {@code golden}, {@code analysis} or {@code scores}. */
    public static Safetensors values(String shape, String file) {
        return Safetensors.open(folder(shape).resolve(file + ".safetensors"));
    }
}
