package org.tornadolens.dsl;

import java.io.PrintStream;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.output.RunRecord;

/**
 * The surroundings of one script or one REPL session: what it was asked to use, where it prints, where its files go
 * and what is recorded of it.
 *
 * @param out results
 * @param err progress and messages
 */
public record Host(Settings settings, PrintStream out, PrintStream err, RunFolder folder, RunRecord record) {}
