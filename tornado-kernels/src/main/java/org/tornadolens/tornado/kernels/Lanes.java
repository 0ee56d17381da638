package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;
import uk.ac.manchester.tornado.api.types.vectors.Float8;

/** Sixteen, or eight, neighbouring elements in a vector register, for devices that are CPUs. The driver's compiler joins the loads. */
final class Lanes {

    static final int COUNT = 16;

    private Lanes() {}

    static Float16 zero() { return new Float16(0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f); }

    static Float16 f32(FloatArray a, int i) {
        return new Float16(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7),
                a.get(i + 8), a.get(i + 9), a.get(i + 10), a.get(i + 11), a.get(i + 12), a.get(i + 13), a.get(i + 14), a.get(i + 15));
    }

    // ---- eight for the half precisions, whose decoding is as much code as a kernel may have

    static final int HALF_COUNT = 8;

    static Float8 halfZero() { return new Float8(0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f); }

    static Float8 eight(FloatArray a, int i) {
        return new Float8(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7));
    }

    static Float8 f16(ShortArray a, int i) {
        return new Float8(Decoding.f16(a, i), Decoding.f16(a, i + 1), Decoding.f16(a, i + 2), Decoding.f16(a, i + 3),
                Decoding.f16(a, i + 4), Decoding.f16(a, i + 5), Decoding.f16(a, i + 6), Decoding.f16(a, i + 7));
    }

    static Float8 bf16(ShortArray a, int i) {
        return new Float8(Decoding.bf16(a, i), Decoding.bf16(a, i + 1), Decoding.bf16(a, i + 2), Decoding.bf16(a, i + 3),
                Decoding.bf16(a, i + 4), Decoding.bf16(a, i + 5), Decoding.bf16(a, i + 6), Decoding.bf16(a, i + 7));
    }

    static float sum(Float8 v) {
        return ((v.getS0() + v.getS1()) + (v.getS2() + v.getS3())) + ((v.getS4() + v.getS5()) + (v.getS6() + v.getS7()));
    }

    // ---- sixteen again

    /** Half of a Q8_0 block; {@code matrix} is the byte where the matrix begins, {@code element} a multiple of 16 counted from there. */
    static Float16 q8(ByteArray a, int matrix, int element) {
        int block = matrix + Decoding.q8Block(element), i = block + 2 + (element & 31);
        Float16 quants = new Float16(a.get(i), a.get(i + 1), a.get(i + 2), a.get(i + 3), a.get(i + 4), a.get(i + 5), a.get(i + 6), a.get(i + 7),
                a.get(i + 8), a.get(i + 9), a.get(i + 10), a.get(i + 11), a.get(i + 12), a.get(i + 13), a.get(i + 14), a.get(i + 15));
        return Float16.mult(quants, Decoding.q8Scale(a, block));
    }

    static float sum(Float16 v) {
        return ((v.getS0() + v.getS1()) + (v.getS2() + v.getS3())) + ((v.getS4() + v.getS5()) + (v.getS6() + v.getS7()))
                + (((v.getS8() + v.getS9()) + (v.getS10() + v.getS11())) + ((v.getS12() + v.getS13()) + (v.getS14() + v.getS15())));
    }
}
