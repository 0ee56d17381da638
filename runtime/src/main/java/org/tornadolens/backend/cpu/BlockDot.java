package org.tornadolens.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** Decodes one block of a type in registers and multiplies it by the activations it meets. */
interface BlockDot {

    /** Returns {@code sum}, with the products of the block's elements and {@code x[k …]} added somewhere in its lanes. */
    FloatVector add(float[] x, int k, long block, FloatVector sum);
}
