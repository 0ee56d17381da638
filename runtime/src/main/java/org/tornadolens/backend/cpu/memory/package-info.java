/**
 * How kernels reach memory: addresses off the heap, activations in rows or panels, scratch, and borrowed workspaces.
 */
package org.tornadolens.backend.cpu.memory;
