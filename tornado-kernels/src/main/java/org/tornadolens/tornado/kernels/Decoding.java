package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Stored weights as floats, by arithmetic that is exact: kernels cannot look at the bits of a float. Without branches, of
 * which a product would have dozens.
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
        float high = (float) (1L << ((exponent >> 5) * 8)) * 0x1p-32f;   // to the fourth power: 2^(32 · upper bits - 128)
        float squared = high * high;
        return (float) ((1 - ((b >> 15) << 1)) * significand) * low * squared * squared;
    }

    // Q8_0: blocks of 32 elements in 34 bytes, a half-precision scale and 32 signed bytes

    /** The byte where the block of an element begins, counted from a matrix's first. */
    static int q8Block(int element) {
        return (element >> 5) * 34;
    }

    static float q8Scale(ByteArray weights, int block) {
        return f16((short) ((weights.get(block) & 255) | (weights.get(block + 1) << 8)));
    }

    static float q8(ByteArray weights, int matrix, int element) {
        int block = matrix + q8Block(element);
        return q8Scale(weights, block) * weights.get(block + 2 + (element & 31));
    }

    static float f16(ShortArray weights, int at) { return f16(weights.get(at)); }

    static float bf16(ShortArray weights, int at) { return bf16(weights.get(at)); }
}
