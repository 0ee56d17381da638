/** A run's folder with its files, its record run.json, and the journal from which {@code --resume} continues. */
package org.tornadolens.dsl.output;
