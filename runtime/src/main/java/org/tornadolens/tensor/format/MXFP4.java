package org.tornadolens.tensor.format;

/**
 * 32 elements in 17 bytes (Open Compute Project, Microscaling Formats 1.0): four-bit floating-point numbers with two
 * bits of exponent and one of mantissa, and a common scale that is a power of two.
 * <pre>
 *    0  u8 e
 *    1  16 bytes: the low nibble of byte j is i of element j, the high one of element j + 16
 *                          x = 2^(e - 128) · TWICE[i]
 * </pre>
 */
public final class MXFP4 extends QuantisedFormat {

    /** Twice the value of each nibble; minus zero is read as zero. */
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
