/**
 * Kernels that work element by element or row by row: norms, sums, softmax, metrics, interventions, with their
 * gradients.
 */
package org.tornadolens.backend.cpu.pointwise;
