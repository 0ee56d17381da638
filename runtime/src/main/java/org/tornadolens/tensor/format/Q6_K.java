package org.tornadolens.tensor.format;

/**
 * 256 elements in 210 bytes.
 * <pre>
 *    0  128 bytes of low four bits of q: byte 64 h + l holds elements 128 h + l and 128 h + 64 + l, l &lt; 64
 *  128  64 bytes of upper two bits of q: byte 32 h + l holds elements 128 h + 32 i + l, i = 0 … 3, lowest bits first
 *  192  16 int8 scales s, one for each 16 elements
 *  208  f16 d              x = d · s · (q - 32)
 * </pre>
 */
public final class Q6_K extends QuantisedFormat {

    public Q6_K() { super(256, 210); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at + 208);
        for (int run = 0; run < 16; run++) {
            float scale = d * b[at + 192 + run];
            int h = run / 8, i = run / 2 % 4, first = run % 2 * 16;
            int nibbles = at + 64 * h + 32 * (i % 2) + first, pairs = at + 128 + 32 * h + first;
            for (int l = 0; l < 16; l++) {
                int q = b[nibbles + l] >> i / 2 * 4 & 15 | (b[pairs + l] >> 2 * i & 3) << 4;
                out[to + 16 * run + l] = scale * (q - 32);
            }
        }
    }
}
