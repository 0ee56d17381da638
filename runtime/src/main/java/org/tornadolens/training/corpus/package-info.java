/** Generates the text that the bundled model was trained on. */
package org.tornadolens.training.corpus;
