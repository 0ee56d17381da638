/** The TornadoVM backend: turns programs into kernel launches and manages the memory of a device. */
package org.tornadolens.tornado;
