/** The team of threads that shares the loops of kernels. */
package org.tornadolens.backend.cpu.parallel;
