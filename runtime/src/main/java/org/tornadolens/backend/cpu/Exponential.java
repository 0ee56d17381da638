package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * e^x for a vector, within 2 units in the last place; below 2^-125 it is 0, from 2^127.5 on ∞, of NaN NaN. Reduction to
 * |r| ≤ ln2/2 and the polynomial are those of Cephes' expf.
 */
final class Exponential {

    /** Added to a float below 2^22, leaves it rounded to an integer, which stands in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;

    /** Where the exponent of the result is still that of an ordinary number. */
    private static final float LEAST = -86.98f, MOST = 88.37f;

    private Exponential() {}

    static FloatVector exp(FloatVector x) {
        FloatVector rounder = FloatVector.broadcast(F, ROUNDER);
        FloatVector shifted = x.fma(FloatVector.broadcast(F, LOG2_E), rounder);
        FloatVector n = shifted.sub(rounder);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.9875691500e-4f), FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        // times 2^n: the shift leaves nothing of `shifted` but n, in the exponent's place
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector power = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        // comparisons rather than min and max: those cost several instructions each, for the sake of NaN and -0
        FloatVector above = x.mul(Float.POSITIVE_INFINITY);   // ∞, and NaN for NaN
        return power.blend(0f, x.compare(VectorOperators.LT, LEAST)).blend(above,
                x.compare(VectorOperators.LE, MOST).not());
    }
}
