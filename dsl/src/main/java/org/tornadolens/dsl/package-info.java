/** Surroundings of a script: settings, console, progress, opening of models, exit codes and bug reports. */
package org.tornadolens.dsl;
