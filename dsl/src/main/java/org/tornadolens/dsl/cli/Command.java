package org.tornadolens.dsl.cli;

import org.tornadolens.dsl.Exit;

/** A subcommand. */
interface Command {

    Syntax syntax();

    /** Runs the command. {@link Main} turns exceptions into messages and exit codes. */
    Exit execute(Arguments arguments, Terminal terminal) throws Exception;
}
