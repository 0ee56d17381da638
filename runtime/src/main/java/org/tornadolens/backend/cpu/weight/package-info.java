/** Rows of weights in every stored type, decoded to floats. */
package org.tornadolens.backend.cpu.weight;
