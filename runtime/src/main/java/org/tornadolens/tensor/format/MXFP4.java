package org.tornadolens.tensor.format;

/**
 * 32 elements in 17 bytes, as the Open Compute Project defines them (Microscaling Formats, 1.0): four-bit numbers with
 * two bits of exponent and one of mantissa, and a power of two for all of them.
 * <pre>
 *    0  u8 e
 *    1  16 bytes: the low nibble of byte j is i of element j, the high one of element j + 16
 *                          x = 2^(e - 128) · TWICE[i]
 * </pre>
 */
public final class MXFP4 extends QuantisedFormat {

    /** Twice the number that each nibble stands for. Minus zero is read as zero. */
    private static final byte[] TWICE = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    public MXFP4() { super(32, 17); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float scale = Math.scalb(1f, (b[at] & 0xff) - 128);
        for (int j = 0; j < 16; j++) {
            out[to + j] = scale * TWICE[low(b[at + 1 + j])];
            out[to + j + 16] = scale * TWICE[high(b[at + 1 + j])];
        }
    }
}
