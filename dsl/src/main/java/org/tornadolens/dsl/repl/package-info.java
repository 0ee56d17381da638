/** The session of the REPL: commands, documentation, completion, values as text, and the editor of its lines. */
package org.tornadolens.dsl.repl;
