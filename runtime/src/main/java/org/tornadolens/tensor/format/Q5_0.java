package org.tornadolens.tensor.format;

/**
 * 32 elements in 22 bytes.
 * <pre>
 *    0  f16 d
 *    2  32 bits: bit j is the fifth bit of element j's q
 *    6  16 bytes: the low nibble of byte j is the low four bits of q of element j, the high one of element j + 16
 *                          x = d · (q - 16)
 * </pre>
 */
public final class Q5_0 extends QuantisedFormat {

    public Q5_0() { super(32, 22); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at);
        int fifths = i32(b, at + 2);
        for (int j = 0; j < 16; j++) {
            out[to + j] = d * ((low(b[at + 6 + j]) | (fifths >> j & 1) << 4) - 16);
            out[to + j + 16] = d * ((high(b[at + 6 + j]) | (fifths >> j + 16 & 1) << 4) - 16);
        }
    }
}
