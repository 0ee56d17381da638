package org.tornadolens.tensor.format;

/**
 * 256 elements in 136 bytes: as IQ4_NL, with a scale for each run of 32 elements.
 * <pre>
 *    0  f16 d
 *    2  u16: bits 2 r and 2 r + 1 are the upper two bits of run r's scale s
 *    4  4 bytes: nibble r, low ones first, is the lower four
 *    8  16 bytes for each run: the low nibble of byte j is i of element j, the high one of element j + 16
 *                          x = d · (s - 32) · VALUES[i], the values of {@link IQ4_NL}
 * </pre>
 */
public final class IQ4_XS extends QuantisedFormat {

    public IQ4_XS() { super(256, 136); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at);
        int uppers = u16(b, at + 2);
        for (int run = 0; run < 8; run++) {
            int s = b[at + 4 + run / 2] >> run % 2 * 4 & 15 | (uppers >> 2 * run & 3) << 4;
            float scale = d * (s - 32);
            int nibbles = at + 8 + 16 * run, first = to + 32 * run;
            for (int j = 0; j < 16; j++) {
                out[first + j] = scale * IQ4_NL.VALUES[low(b[nibbles + j])];
                out[first + j + 16] = scale * IQ4_NL.VALUES[high(b[nibbles + j])];
            }
        }
    }
}
