package org.tornadolens.tensor.format;

/**
 * 256 elements in 110 bytes.
 * <pre>
 *    0  32 bytes of third bits of q: bit i of byte l belongs to element 32 i + l
 *   32  64 bytes of low bit pairs of q: byte 32 h + l holds elements 128 h + 32 i + l, i = 0 … 3, lowest bits first
 *   96  16 scales s, one for each 16 elements: the nibbles of 8 bytes, low ones first, are their low four bits;
 *       the bit pairs of the next 4 bytes, in the same order, are their upper two bits
 *  108  f16 d              x = d · (s - 32) · (q - 4)
 * </pre>
 */
public final class Q3_K extends QuantisedFormat {

    public Q3_K() { super(256, 110); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at + 108);
        for (int run = 0; run < 16; run++) {
            int low = b[at + 96 + run % 8] >> run / 8 * 4 & 15, high = b[at + 104 + run % 4] >> run / 4 * 2 & 3;
            float scale = d * ((low | high << 4) - 32);
            int h = run / 8, i = run / 2, first = run % 2 * 16, pairs = at + 32 + 32 * h + first;
            for (int l = 0; l < 16; l++) {
                int q = b[pairs + l] >> i % 4 * 2 & 3 | (b[at + first + l] >> i & 1) << 2;
                out[to + 16 * run + l] = scale * (q - 4);
            }
        }
    }
}
