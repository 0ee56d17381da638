package org.tornadolens.dsl;

import java.io.PrintStream;

/**
 * Where a script prints and how it is stopped.
 *
 * @param out        results
 * @param err        progress and messages
 * @param terminal   whether {@code err} is a terminal
 * @param interrupts how what runs is stopped from outside
 */
public record Console(PrintStream out, PrintStream err, boolean terminal, Interrupts interrupts) {}
