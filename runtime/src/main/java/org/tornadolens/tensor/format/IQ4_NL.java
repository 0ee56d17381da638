package org.tornadolens.tensor.format;

/**
 * 32 elements in 18 bytes: four bits are an index of sixteen values, which are denser around zero.
 * <pre>
 *    0  f16 d
 *    2  16 bytes: the low nibble of byte j is i of element j, the high one of element j + 16
 *                          x = d · VALUES[i]
 * </pre>
 */
public final class IQ4_NL extends QuantisedFormat {

    static final byte[] VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    public IQ4_NL() { super(32, 18); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at);
        for (int j = 0; j < 16; j++) {
            out[to + j] = d * VALUES[low(b[at + 2 + j])];
            out[to + j + 16] = d * VALUES[high(b[at + 2 + j])];
        }
    }
}
