/**
 * Linear algebra over f32 memory and stored weights, for code that computes outside a program: analysis, optimisers,
 * scores. It offers kernels of the CPU backend, which packages above this one must not use directly.
 */
package org.tornadolens.linalg;
