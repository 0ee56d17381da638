/** The kernels of the TornadoVM backend, compiled by TornadoVM for OpenCL and CUDA devices (docs/kernels.md). */
package org.tornadolens.tornado.kernels;
