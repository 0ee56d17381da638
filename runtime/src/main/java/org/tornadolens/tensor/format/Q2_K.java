package org.tornadolens.tensor.format;

/**
 * 256 elements in 84 bytes.
 * <pre>
 *    0  16 bytes, one for each 16 elements: the low nibble is their scale s, the high one their minimum m
 *   16  64 bytes of bit pairs q: byte 32 h + l holds elements 128 h + 32 i + l, i = 0 … 3, lowest bits first
 *   80  f16 d
 *   82  f16 dmin           x = d · s · q - dmin · m
 * </pre>
 */
public final class Q2_K extends QuantisedFormat {

    public Q2_K() { super(256, 84); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at + 80), dmin = half(b, at + 82);
        for (int run = 0; run < 16; run++) {
            float scale = d * low(b[at + run]), minimum = dmin * high(b[at + run]);
            int h = run / 8, shift = run / 2 % 4 * 2, pairs = at + 16 + 32 * h + run % 2 * 16;
            for (int l = 0; l < 16; l++) out[to + 16 * run + l] = scale * (b[pairs + l] >> shift & 3) - minimum;
        }
    }
}
