package org.tornadolens.dsl.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Interrupts;

/**
 * The streams and the environment of a command.
 *
 * @param interrupts       passes Ctrl-C to what is running
 * @param interactiveInput whether {@code in} and {@code out} are a terminal
 * @param interactiveError whether {@code err} is a terminal, where progress may be drawn
 */
record Terminal(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment,
        Interrupts interrupts, boolean interactiveInput, boolean interactiveError) {

    /** Returns the part that a script uses. */
    Console console() {
        return new Console(out, err, interactiveError, interrupts);
    }
}
