package org.tornadolens.dsl.jupyter;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.UsageException;

/**
 * The folders in which Jupyter looks for kernels, by the rules of {@code jupyter --data-dir} and
 * {@code jupyter kernelspec install}.
 */
public final class DataFolder {

    private final Map<String, String> environment;
    private final String system;
    private final Path home;

    /**
     * @param system the name of the operating system, as Java's {@code os.name} has it
     * @param home   the user's folder
     */
    public DataFolder(Map<String, String> environment, String system, Path home) {
        this.environment = environment;
        this.system = system;
        this.home = home;
    }

    /** Returns the user's folder: {@code $JUPYTER_DATA_DIR}, else that of the system. */
    public Path user() {
        Optional<Path> told = variable("JUPYTER_DATA_DIR");
        if (told.isPresent()) return told.get();
        boolean platform = variable("JUPYTER_PLATFORM_DIRS").map(Path::toString)
                .filter(value -> !value.equalsIgnoreCase("no") && !value.equalsIgnoreCase("n")
                        && !value.equalsIgnoreCase("false") && !value.equalsIgnoreCase("off") && !value.equals("0")
                        && !value.equals("0.0"))
                .isPresent();
        if (system.startsWith("Mac"))
            return home.resolve(platform ? "Library/Application Support/jupyter" : "Library/Jupyter");
        if (system.startsWith("Windows")) {
            Optional<Path> folder = variable(platform ? "LOCALAPPDATA" : "APPDATA");
            return folder.map(path -> path.resolve("jupyter"))
                    .orElseGet(() -> home.resolve(platform ? "AppData/Local/jupyter" : ".jupyter/data"));
        }
        return variable("XDG_DATA_HOME").orElseGet(() -> home.resolve(".local/share")).resolve("jupyter");
    }

    /** Returns the folder below a prefix: {@code /usr/local} has {@code /usr/local/share/jupyter}. */
    public static Path below(Path prefix) {
        return prefix.toAbsolutePath().normalize().resolve("share").resolve("jupyter");
    }

    /**
     * Returns the folder of the Python environment that is active in this shell.
     *
     * @throws UsageException if none is
     */
    public Path environment() {
        return below(variable("VIRTUAL_ENV").or(() -> variable("CONDA_PREFIX")).orElseThrow(() -> new UsageException(
                "--sys-prefix needs an active Python environment, but VIRTUAL_ENV and CONDA_PREFIX are not set; "
                        + "activate one, or name its folder with --prefix DIR")));
    }

    private Optional<Path> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty()).map(Path::of);
    }
}
