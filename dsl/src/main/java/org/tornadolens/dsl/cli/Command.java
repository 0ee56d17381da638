package org.tornadolens.dsl.cli;

import org.tornadolens.dsl.Exit;

/** A subcommand. */
interface Command {

    Syntax syntax();

    /** Does it. What goes wrong is thrown; {@link Main} words it and chooses the exit code. */
    Exit execute(Arguments arguments, Terminal terminal) throws Exception;
}
