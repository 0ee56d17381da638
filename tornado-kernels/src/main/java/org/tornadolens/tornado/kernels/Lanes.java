package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * Vectors of sixteen neighbouring elements, for devices that are CPUs. The driver's compiler joins the sixteen loads or
 * stores of a vector into one.
 */
final class Lanes {

    static final int COUNT = 16;

    private Lanes() {}

    static Float16 zero() { return new Float16(0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f); }

    static Float16 all(float x) { return new Float16(x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x); }

    static Float16 f32(FloatArray a, int i) {
        return new Float16(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6),
                a.get(i + 7),
                a.get(i + 8), a.get(i + 9), a.get(i + 10), a.get(i + 11), a.get(i + 12), a.get(i + 13), a.get(i + 14),
                a.get(i + 15));
    }

    /** Returns sixteen signed bytes. */
    static Float16 bytes(ByteArray a, int i) {
        return new Float16(
                a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3),
                a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7),
                a.get(i + 8), a.get(i + 9), a.get(i + 10), a.get(i + 11),
                a.get(i + 12), a.get(i + 13), a.get(i + 14), a.get(i + 15));
    }

    /** Returns four bits of each of sixteen bytes. */
    static Float16 nibbles(ByteArray a, int i, int shift) {
        return new Float16(
                (a.get(i) >> shift) & 15, (a.get(i + 1) >> shift) & 15, (a.get(i + 2) >> shift) & 15,
                (a.get(i + 3) >> shift) & 15,
                (a.get(i + 4) >> shift) & 15, (a.get(i + 5) >> shift) & 15, (a.get(i + 6) >> shift) & 15,
                (a.get(i + 7) >> shift) & 15,
                (a.get(i + 8) >> shift) & 15, (a.get(i + 9) >> shift) & 15, (a.get(i + 10) >> shift) & 15,
                (a.get(i + 11) >> shift) & 15,
                (a.get(i + 12) >> shift) & 15, (a.get(i + 13) >> shift) & 15, (a.get(i + 14) >> shift) & 15,
                (a.get(i + 15) >> shift) & 15);
    }

    /** Returns two bits of each of sixteen bytes. */
    static Float16 pairs(ByteArray a, int i, int shift) {
        return new Float16(
                (a.get(i) >> shift) & 3, (a.get(i + 1) >> shift) & 3, (a.get(i + 2) >> shift) & 3,
                (a.get(i + 3) >> shift) & 3,
                (a.get(i + 4) >> shift) & 3, (a.get(i + 5) >> shift) & 3, (a.get(i + 6) >> shift) & 3,
                (a.get(i + 7) >> shift) & 3,
                (a.get(i + 8) >> shift) & 3, (a.get(i + 9) >> shift) & 3, (a.get(i + 10) >> shift) & 3,
                (a.get(i + 11) >> shift) & 3,
                (a.get(i + 12) >> shift) & 3, (a.get(i + 13) >> shift) & 3, (a.get(i + 14) >> shift) & 3,
                (a.get(i + 15) >> shift) & 3);
    }

    static void store(FloatArray a, int i, Float16 v) {
        a.set(i, v.getS0());
        a.set(i + 1, v.getS1());
        a.set(i + 2, v.getS2());
        a.set(i + 3, v.getS3());
        a.set(i + 4, v.getS4());
        a.set(i + 5, v.getS5());
        a.set(i + 6, v.getS6());
        a.set(i + 7, v.getS7());
        a.set(i + 8, v.getS8());
        a.set(i + 9, v.getS9());
        a.set(i + 10, v.getS10());
        a.set(i + 11, v.getS11());
        a.set(i + 12, v.getS12());
        a.set(i + 13, v.getS13());
        a.set(i + 14, v.getS14());
        a.set(i + 15, v.getS15());
    }

    // ---- a vector and a number: Float16's own operations for these are sixteen on numbers

    static Float16 times(Float16 v, float x) { return Float16.mult(v, all(x)); }

    static Float16 plus(Float16 v, float x) { return Float16.add(v, all(x)); }

    static Float16 minus(Float16 v, float x) { return Float16.sub(v, all(x)); }

    static Float16 exp(Float16 v) {
        return new Float16(TornadoMath.exp(v.getS0()), TornadoMath.exp(v.getS1()), TornadoMath.exp(v.getS2()),
                TornadoMath.exp(v.getS3()),
                TornadoMath.exp(v.getS4()), TornadoMath.exp(v.getS5()), TornadoMath.exp(v.getS6()),
                TornadoMath.exp(v.getS7()),
                TornadoMath.exp(v.getS8()), TornadoMath.exp(v.getS9()), TornadoMath.exp(v.getS10()),
                TornadoMath.exp(v.getS11()),
                TornadoMath.exp(v.getS12()), TornadoMath.exp(v.getS13()), TornadoMath.exp(v.getS14()),
                TornadoMath.exp(v.getS15()));
    }

    static float sum(Float16 v) {
        return ((v.getS0() + v.getS1()) + (v.getS2() + v.getS3())) + ((v.getS4() + v.getS5()) + (v.getS6() + v.getS7()))
                + (((v.getS8() + v.getS9()) + (v.getS10() + v.getS11()))
                        + ((v.getS12() + v.getS13()) + (v.getS14() + v.getS15())));
    }

    static float max(Float16 v) {
        float a = Math.max(Math.max(v.getS0(), v.getS1()), Math.max(v.getS2(), v.getS3())),
                b = Math.max(Math.max(v.getS4(), v.getS5()), Math.max(v.getS6(), v.getS7()));
        float c = Math.max(Math.max(v.getS8(), v.getS9()), Math.max(v.getS10(), v.getS11())),
                d = Math.max(Math.max(v.getS12(), v.getS13()), Math.max(v.getS14(), v.getS15()));
        return Math.max(Math.max(a, b), Math.max(c, d));
    }
}
