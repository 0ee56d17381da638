package org.tornadolens.backend.cpu.product;

import jdk.incubator.vector.FloatVector;

/** Decodes one block of a type in registers and multiplies it by activations. */
interface BlockDot {

    /**
     * Returns {@code sum} with the products of the block's elements and {@code x[k …]} added to its lanes, in any
     * order.
     */
    FloatVector add(float[] x, int k, long block, FloatVector sum);
}
