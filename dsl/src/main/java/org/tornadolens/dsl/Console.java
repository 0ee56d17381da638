package org.tornadolens.dsl;

import java.io.PrintStream;
import java.util.Optional;

/**
 * The output of a script and the way to stop it.
 *
 * @param out        results
 * @param err        messages
 * @param progress   shows how far long work is, if it is shown
 * @param interrupts stop what is running, from outside
 */
public record Console(PrintStream out, PrintStream err, Optional<ProgressView> progress, Interrupts interrupts) {

    /** @param terminal whether {@code err} is a terminal, which then shows progress */
    public Console(PrintStream out, PrintStream err, boolean terminal, Interrupts interrupts) {
        this(out, err, terminal ? Optional.of(new TerminalProgress(err)) : Optional.empty(), interrupts);
    }
}
