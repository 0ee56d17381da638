package org.tornadolens.tensor.format;

/**
 * 256 elements in 176 bytes.
 * <pre>
 *    0  f16 d
 *    2  f16 dmin
 *    4  12 bytes of scales s and minima m, one of each for 32 elements ({@link SixBits})
 *   16  32 bytes of fifth bits of q: bit r of byte l belongs to element l of run r
 *   48  128 bytes of low four bits of q: the low nibbles of bytes 32 g … 32 g + 31 belong to run 2 g, the high ones to
 *       run 2 g + 1
 *                          x = d · s · q - dmin · m
 * </pre>
 */
public final class Q5_K extends QuantisedFormat {

    public Q5_K() { super(256, 176); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at), dmin = half(b, at + 2);
        for (int run = 0; run < 8; run++) {
            float scale = d * SixBits.scale(b, at + 4, run), minimum = dmin * SixBits.minimum(b, at + 4, run);
            int nibbles = at + 48 + run / 2 * 32, shift = run % 2 * 4;
            for (int l = 0; l < 32; l++) {
                int q = b[nibbles + l] >> shift & 15 | (b[at + 16 + l] >> run & 1) << 4;
                out[to + 32 * run + l] = scale * q - minimum;
            }
        }
    }
}
