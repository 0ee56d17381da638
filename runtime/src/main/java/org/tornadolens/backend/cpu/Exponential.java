package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * e^x for a vector: within 2 units in the last place, down to subnormal results; +∞, 0 and NaN where they belong.
 * Reduction to |r| ≤ ln2/2 and the polynomial are those of Cephes' expf.
 */
final class Exponential {

    /** Added to a float below 2^22, leaves it rounded to an integer in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;

    private Exponential() {}

    static FloatVector exp(FloatVector x) {
        FloatVector bounded = x.max(-104f).min(89f);   // beyond, the result is 0 or ∞ all the same; NaN stays NaN
        FloatVector shifted = bounded.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), bounded);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.9875691500e-4f), FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        // 2^n in two factors, since n reaches beyond the exponents of a float
        IntVector exponent = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
        IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
        return p.mul(power(half)).mul(power(exponent.sub(half)));
    }

    /** 2^n for -126 ≤ n ≤ 127. */
    private static FloatVector power(IntVector n) {
        return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }
}
