/** Registers TornadoLens with Jupyter, and starts the kernel that the module {@code notebook} implements. */
package org.tornadolens.dsl.jupyter;
