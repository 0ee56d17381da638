package org.tornadolens.model;

import org.tornadolens.backend.Backend;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ResourceFiles;

/** The small models of the golden files, for tests of the engine. */
final class Shapes {

    private Shapes() {}

    static Model open(String name) { return open(name, BackendUnderTest.BACKEND); }

    static Model open(String name, Backend backend) {
        return Model.of(Checkpoints.open(ResourceFiles.path("golden/" + name)), backend);
    }
}
