package org.tornadolens.dsl;

import java.io.PrintStream;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.output.RunRecord;

/**
 * The surroundings of one script or one REPL session: what it was asked to use, where it prints, where its files go
 * and what is recorded of it.
 *
 * @param out      results
 * @param err      progress and messages
 * @param terminal whether {@code err} is a terminal
 * @param interrupts how what runs is stopped from outside
 */
public record Host(Settings settings, PrintStream out, PrintStream err, boolean terminal, Interrupts interrupts,
                   RunFolder folder, RunRecord record) {

    /** Tells how far {@code what} is, where somebody looks. */
    public Progress progress(String what) { return Progress.of(what, err, terminal); }
}
