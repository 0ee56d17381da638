package org.tornadolens.dsl;

import java.io.PrintStream;
import java.util.OptionalDouble;

/** Progress as the last line of a terminal. */
final class TerminalProgress implements ProgressView {

    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream terminal;

    TerminalProgress(PrintStream terminal) { this.terminal = terminal; }

    @Override public void show(String line, OptionalDouble part) {
        TerminalStream.sequence(terminal, ERASE_LINE);
        terminal.print(line);
        terminal.flush();
    }

    @Override public void makeRoom() { erase(); }

    @Override public void end() { erase(); }

    private void erase() {
        TerminalStream.sequence(terminal, ERASE_LINE);
        terminal.flush();
    }
}
