/**
 * Products of activations and weights, and those of their gradients; {@code ProductKernel} is the table of which kernel
 * computes which product.
 */
package org.tornadolens.backend.cpu.product;
