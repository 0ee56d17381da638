/** The command line: {@code lens} with its commands, options and exit codes. */
package org.tornadolens.dsl.cli;
