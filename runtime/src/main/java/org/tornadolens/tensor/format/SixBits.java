package org.tornadolens.tensor.format;

/**
 * The six-bit scales and minima of the eight runs of 32 elements in a block of Q4_K or Q5_K, in 12 bytes:
 * <pre>
 *   byte        bits 0 … 5                        bits 6 and 7
 *   0 … 3       scale of run 0 … 3                upper bits of the scale of run 4 … 7
 *   4 … 7       minimum of run 0 … 3              upper bits of the minimum of run 4 … 7
 *   8 … 11      bits 0 … 3: low bits of the scale of run 4 … 7; bits 4 … 7: low bits of its minimum
 * </pre>
 */
final class SixBits {

    private SixBits() {}

    static int scale(byte[] b, int at, int run) {
        return run < 4 ? b[at + run] & 63 : b[at + run + 4] & 15 | (b[at + run - 4] >> 6 & 3) << 4;
    }

    static int minimum(byte[] b, int at, int run) {
        return run < 4 ? b[at + run + 4] & 63 : b[at + run + 4] >> 4 & 15 | (b[at + run] >> 6 & 3) << 4;
    }
}
