package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;

/**
 * Half precisions as floats, by arithmetic that is exact: kernels cannot look at the bits of a float. There are no
 * branches, because a product would have dozens of them.
 */
final class Decoding {

    private Decoding() {}

    /** IEEE half precision, 1 + 5 + 10 bits: significand · 2^(exponent - 25). */
    static float f16(short bits) {
        int b = bits & 0xffff;
        int exponent = (b >> 10) & 31, fraction = b & 1023;
        int normal = (exponent + 31) >> 5;   // 1, or 0 where the exponent is 0
        int significand = fraction + (normal << 10);
        float power = (float) (1 << (exponent + 1 - normal));
        return (float) ((1 - ((b >> 15) << 1)) * significand) * power * 0x1p-25f;
    }

    /** bfloat16, 1 + 8 + 7 bits: significand · 2^(exponent - 134), the power in factors that a float can hold. */
    static float bf16(short bits) {
        int b = bits & 0xffff;
        int exponent = (b >> 7) & 255, fraction = b & 127;
        int normal = (exponent + 255) >> 8;  // 1, or 0 where the exponent is 0
        int significand = (fraction << (1 - normal)) + (normal << 7);
        float low = (float) (1L << (exponent & 31)) * 0x1p-6f;
        // to the fourth power: 2^(32 · upper bits - 128)
        float high = (float) (1L << ((exponent >> 5) * 8)) * 0x1p-32f;
        float squared = high * high;
        return (float) ((1 - ((b >> 15) << 1)) * significand) * low * squared * squared;
    }

    /** Returns the half-precision number of two bytes of an array. */
    static float f16(ByteArray a, int at) {
        return f16((short) ((a.get(at) & 255) | (a.get(at + 1) << 8)));
    }
}
