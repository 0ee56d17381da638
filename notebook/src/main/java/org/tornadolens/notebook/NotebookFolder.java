package org.tornadolens.notebook;

import java.nio.file.Path;
import java.util.Map;

/** The folder in which the files of a notebook are saved. */
final class NotebookFolder {

    private static final Path ALL = Path.of("out");

    private NotebookFolder() {}

    /**
     * Returns {@code out/NAME} for the notebook NAME.ipynb, which Jupyter names in {@code JPY_SESSION_NAME};
     * {@code out/notebook} if it does not.
     */
    static Path of(Map<String, String> environment) {
        String session = environment.getOrDefault("JPY_SESSION_NAME", "").replace('\\', '/');
        String name = session.substring(session.lastIndexOf('/') + 1);
        boolean usable = name.endsWith(".ipynb") && name.length() > ".ipynb".length() && !name.startsWith(".")
                && name.chars().noneMatch(c -> c < 32 || ":*?\"<>|".indexOf(c) >= 0);
        return ALL.resolve(usable ? name.substring(0, name.length() - ".ipynb".length()) : "notebook");
    }
}
