/** Sweeps, activation, path and attribution patching, and circuits: their discovery and evaluation. */
package org.tornadolens.patching;
