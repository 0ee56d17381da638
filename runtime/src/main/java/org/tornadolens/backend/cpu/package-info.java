/**
 * The default backend: runs programs by Vector API kernels on all cores and reads weights in place in their file's
 * type.
 */
package org.tornadolens.backend.cpu;
