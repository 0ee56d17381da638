package org.tornadolens.model;

import java.nio.file.Path;
import org.tornadolens.backend.Backend;
import org.tornadolens.checkpoint.Checkpoints;

/** The small models of the golden files, for tests of the engine. */
final class Shapes {

    private Shapes() {}

    static Model open(String name) { return Model.open(path(name)); }

    static Model open(String name, Backend backend) { return Model.of(Checkpoints.open(path(name)), backend); }

    private static Path path(String name) { return Path.of("src/test/resources/golden", name); }
}
