package org.tornadolens.testing;

import java.nio.file.Path;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.reference.ReferenceBackend;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.model.Model;

/** The backend under test in this process: the CPU backend unless the build names another. */
public final class BackendUnderTest {

    private static final String NAME = System.getProperty("tornadolens.tests.backend", "cpu");

    public static final Backend REFERENCE = new ReferenceBackend();

    public static final Backend BACKEND = NAME.equals(REFERENCE.name()) ? REFERENCE
            : Backends.named(NAME).orElseThrow(() -> new IllegalStateException("no backend " + NAME + " to test"));

    private BackendUnderTest() {}

    /** Opens a checkpoint on the backend under test. */
    public static Model open(Path checkpoint) {
        return Model.of(Checkpoints.open(checkpoint), BACKEND);
    }
}
