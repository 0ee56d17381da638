package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.tornadolens.dsl.Exit;

/** Scripts that {@code lens new} writes, for the tests of other packages. */
public final class NewScripts {

    private NewScripts() {}

    public static List<String> kinds() { return NewCommand.kinds(); }

    /** Writes a script; its name has no extension. */
    public static void write(Path name, String kind) {
        Lens.Result result = Lens.run("new", name, "--kind", kind);
        assertEquals(Exit.DONE, result.exit(), result.err());
    }
}
