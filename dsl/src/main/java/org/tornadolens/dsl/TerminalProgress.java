package org.tornadolens.dsl;

import java.io.PrintStream;
import java.util.OptionalDouble;

/** Progress as the last line of a terminal. */
final class TerminalProgress implements ProgressView {

    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream terminal;

    TerminalProgress(PrintStream terminal) { this.terminal = terminal; }

    @Override public void show(String line, OptionalDouble part) { print(ERASE_LINE + line); }

    @Override public void makeRoom() { print(ERASE_LINE); }

    @Override public void end() { print(ERASE_LINE); }

    private void print(String text) {
        terminal.print(text);
        terminal.flush();
    }
}
