package org.tornadolens.dsl;

import java.io.PrintStream;

/**
 * The output of a script and the way to stop it.
 *
 * @param out        results
 * @param err        progress and messages
 * @param terminal   whether {@code err} is a terminal
 * @param interrupts stop what is running, from outside
 */
public record Console(PrintStream out, PrintStream err, boolean terminal, Interrupts interrupts) {}
