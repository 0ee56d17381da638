package org.tornadolens.dsl.script;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.tornadolens.dsl.output.RunFolder;

/** A script in a folder of its own, run from its text. {@code print} is imported on its first line. */
record RunningScript(Path folder) {

    Path file() { return folder.resolve("script.js"); }

    /** Returns what the script prints, without the last line break. */
    String prints(String text) {
        try {
            return run("import { print } from 'lens'; " + text).strip();
        } catch (ScriptFailure failure) {
            throw new AssertionError(failure.describe(), failure);
        }
    }

    /** Returns how the script fails; nothing is put in front of its text. */
    ScriptFailure fails(String text) {
        return Assertions.assertThrows(ScriptFailure.class, () -> run(text));
    }

    private String run(String text) throws ScriptFailure {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
                RunFolder files = RunFolder.replacing(folder.resolve("out"))) {
            Files.writeString(file(), text);
            Script.run(file(), Hosts.of(stream, folder, files));
            return out.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
