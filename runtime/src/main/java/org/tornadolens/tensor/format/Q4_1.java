package org.tornadolens.tensor.format;

/**
 * 32 elements in 20 bytes.
 * <pre>
 *    0  f16 d
 *    2  f16 m
 *    4  16 bytes: the low nibble of byte j is q of element j, the high one of element j + 16
 *                          x = d · q + m
 * </pre>
 */
public final class Q4_1 extends QuantisedFormat {

    public Q4_1() { super(32, 20); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at), m = half(b, at + 2);
        for (int j = 0; j < 16; j++) {
            out[to + j] = d * low(b[at + 4 + j]) + m;
            out[to + j + 16] = d * high(b[at + 4 + j]) + m;
        }
    }
}
