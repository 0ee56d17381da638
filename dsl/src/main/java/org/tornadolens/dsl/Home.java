package org.tornadolens.dsl;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadolens.UsageException;

/** Finds the folder of TornadoLens: the launcher names it, else it is found from where the classes were loaded. */
public final class Home {

    private static final Path BUNDLED = Path.of("models", "bundled");

    private Home() {}

    /** Returns the folder of the launcher and of the bundled model. */
    public static Path folder() {
        String told = System.getProperty("tornadolens.home");
        Path start = told != null ? Path.of(told) : classes();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve(BUNDLED))) return folder;
        }
        throw new UsageException(
                "no " + BUNDLED + " in or above " + start + "; name a model with --model PATH or load(\"PATH\")");
    }

    /** Returns the model that comes with TornadoLens. */
    public static Path bundledModel() {
        return folder().resolve(BUNDLED);
    }

    private static Path classes() {
        try {
            return Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
