package org.tornadolens.tensor.format;

/**
 * 32 elements in 18 bytes.
 * <pre>
 *    0  f16 d
 *    2  16 bytes: the low nibble of byte j is q of element j, the high one of element j + 16
 *                          x = d · (q - 8)
 * </pre>
 */
public final class Q4_0 extends QuantisedFormat {

    public Q4_0() { super(32, 18); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at);
        for (int j = 0; j < 16; j++) {
            out[to + j] = d * (low(b[at + 2 + j]) - 8);
            out[to + j + 16] = d * (high(b[at + 2 + j]) - 8);
        }
    }
}
