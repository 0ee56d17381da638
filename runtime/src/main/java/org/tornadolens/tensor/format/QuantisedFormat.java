package org.tornadolens.tensor.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * A quantised type. Each is a class whose comment describes the layout of a block and whose {@link #decodeBlock}
 * decodes it. Arithmetic is in single precision and in the order of Python's {@code gguf} package, so that both give
 * the same bits. In the comments, x is the value of an element, and a nibble is half a byte.
 */
abstract class QuantisedFormat implements BlockFormat {

    private static final int BLOCKS = 64;   // copied to an array at a time

    private final int elements;
    private final int bytes;

    QuantisedFormat(int elements, int bytes) {
        this.elements = elements;
        this.bytes = bytes;
    }

    @Override public final int elements() { return elements; }

    @Override public final int bytes() { return bytes; }

    @Override public final void decode(MemorySegment source, long from, int n, float[] target, int at) {
        int blocks = n / elements;
        byte[] b = new byte[Math.min(BLOCKS, blocks) * bytes];
        for (int first = 0; first < blocks; first += BLOCKS) {
            int count = Math.min(BLOCKS, blocks - first);
            MemorySegment.copy(source, JAVA_BYTE, from + (long) first * bytes, b, 0, count * bytes);
            for (int i = 0; i < count; i++) decodeBlock(b, i * bytes, target, at + (first + i) * elements);
        }
    }

    /** Decodes the block at {@code b[at …]} to {@code out[to …]}. */
    abstract void decodeBlock(byte[] b, int at, float[] out, int to);

    // ---- parts of blocks

    static float half(byte[] b, int at) { return Float.float16ToFloat((short) (b[at] & 0xff | b[at + 1] << 8)); }

    static int u16(byte[] b, int at) { return b[at] & 0xff | (b[at + 1] & 0xff) << 8; }

    static int i32(byte[] b, int at) { return u16(b, at) | u16(b, at + 2) << 16; }

    static int low(byte b) { return b & 15; }

    static int high(byte b) { return b >> 4 & 15; }
}
