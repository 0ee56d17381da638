/**
 * Linear algebra over f32 memory and stored weights, for code that computes outside a program: analysis, optimisers,
 * scores. It runs on the CPU backend's kernels, which nothing above this package names.
 */
package org.tornadolens.linalg;
