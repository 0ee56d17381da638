package org.tornadolens.dsl.jupyter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The folders are those of jupyter_core's paths.py. */
class DataFolderTest {

    private static final Path HOME = Path.of("/home/ada");

    private static void user(String expected, String system, String... variables) {
        Map<String, String> environment = new java.util.HashMap<>();
        for (int i = 0; i < variables.length; i += 2) environment.put(variables[i], variables[i + 1]);
        assertEquals(Path.of(expected), new DataFolder(environment, system, HOME).user());
    }

    @Test void onLinux() {
        user("/home/ada/.local/share/jupyter", "Linux");
        user("/data/jupyter", "Linux", "XDG_DATA_HOME", "/data");
        user("/home/ada/.local/share/jupyter", "Linux", "XDG_DATA_HOME", "", "JUPYTER_PLATFORM_DIRS", "1");
    }

    @Test void onMacOS() {
        user("/home/ada/Library/Jupyter", "Mac OS X", "XDG_DATA_HOME", "/data");
        user("/home/ada/Library/Application Support/jupyter", "Mac OS X", "JUPYTER_PLATFORM_DIRS", "1");
        user("/home/ada/Library/Jupyter", "Mac OS X", "JUPYTER_PLATFORM_DIRS", "0");
    }

    @Test void onWindows() {
        user("/home/ada/roaming/jupyter", "Windows 11", "APPDATA", "/home/ada/roaming");
        user("/home/ada/.jupyter/data", "Windows 11");
        user("/home/ada/local/jupyter", "Windows 11", "LOCALAPPDATA", "/home/ada/local", "JUPYTER_PLATFORM_DIRS",
                "true");
    }

    @Test void theVariableGoesBeforeAll() {
        for (String system : new String[]{"Linux", "Mac OS X", "Windows 11"})
            user("/there", system, "JUPYTER_DATA_DIR", "/there", "XDG_DATA_HOME", "/data", "APPDATA", "/roaming");
    }
}
