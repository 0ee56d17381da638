package org.tornadolens.backend.cpu.pointwise;

import static org.tornadolens.backend.cpu.memory.Memory.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * e^x for a vector, within 2 units in the last place. Results below 2^-125 are 0, those from 2^127.5 on ∞, and that of
 * NaN is NaN. The reduction to |r| ≤ ln2/2 and the polynomial are those of Cephes' expf.
 */
public final class Exponential {

    /** Adding this to a float below 2^22 rounds it to an integer, which is then in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;

    /** The range of x in which the result is a normal number. */
    private static final float MIN_NORMAL_X = -86.98f, MAX_NORMAL_X = 88.37f;

    private Exponential() {}

    /** Returns e^x of every lane. */
    public static FloatVector exp(FloatVector x) {
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
        // multiplies by 2^n: the shift leaves only n of `shifted`, in the place of the exponent
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector power = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        // comparisons instead of min and max, which take several instructions each because of NaN and -0
        FloatVector above = x.mul(Float.POSITIVE_INFINITY);   // ∞, and NaN for NaN
        return power.blend(0f, x.compare(VectorOperators.LT, MIN_NORMAL_X)).blend(above,
                x.compare(VectorOperators.LE, MAX_NORMAL_X).not());
    }
}
