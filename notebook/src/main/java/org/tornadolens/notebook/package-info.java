/**
 * A kernel for Jupyter, by the messaging protocol 5.4. {@link org.tornadolens.notebook.Channels} carries
 * {@link org.tornadolens.notebook.Message}s over ZeroMQ, {@link org.tornadolens.notebook.Kernel} answers them, and
 * {@link org.tornadolens.notebook.Session} evaluates cells as the REPL evaluates inputs.
 *
 * <p>Front ends may interrupt and shut down while a cell runs, and some send these requests among the others; so one
 * thread reads all channels, and another evaluates.
 */
package org.tornadolens.notebook;
