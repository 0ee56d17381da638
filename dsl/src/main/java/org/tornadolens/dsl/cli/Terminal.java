package org.tornadolens.dsl.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Interrupts;

/**
 * What a command is started with besides its arguments.
 *
 * @param interrupts       how Ctrl-C reaches what runs
 * @param interactiveInput whether {@code in} is a terminal
 * @param interactiveError whether {@code err} is a terminal: progress may be drawn there
 */
record Terminal(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment,
        Interrupts interrupts, boolean interactiveInput, boolean interactiveError) {

    /** The part that a script sees. */
    Console console() { return new Console(out, err, interactiveError, interrupts); }
}
