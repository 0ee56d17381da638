package org.tornadolens.dsl.repl;

import java.nio.file.Path;
import java.util.List;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.script.ScriptFailure;

/** Where a session shows what its inputs give. What they print, and help, go to the host's streams. */
public interface Display {

    /**
     * Shows the value of an input.
     *
     * @param saved the files that the input saved
     */
    void value(Value value, List<Path> saved);

    /** Shows a value that an input asks to show while it runs. */
    void shown(Value value);

    /** Tells which files an input saved. */
    void saved(List<Path> files);

    void failed(ScriptFailure failure);

    /** Tells what is wrong with a command. */
    void refused(String message);
}
