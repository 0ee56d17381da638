package org.tornadolens.tensor.format;

/**
 * 32 elements in 24 bytes.
 * <pre>
 *    0  f16 d
 *    2  f16 m
 *    4  32 bits: bit j is the fifth bit of element j's q
 *    8  16 bytes: the low nibble of byte j is the low four bits of q of element j, the high one of element j + 16
 *                          x = d · q + m
 * </pre>
 */
public final class Q5_1 extends QuantisedFormat {

    public Q5_1() { super(32, 24); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at), m = half(b, at + 2);
        int fifths = i32(b, at + 4);
        for (int j = 0; j < 16; j++) {
            out[to + j] = d * (low(b[at + 8 + j]) | (fifths >> j & 1) << 4) + m;
            out[to + j + 16] = d * (high(b[at + 8 + j]) | (fifths >> j + 16 & 1) << 4) + m;
        }
    }
}
