package org.tornadolens.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The working memory of one thread's kernels, grown to what was needed and kept. What {@link Tile} reads vector by vector
 * lies outside the heap, where vectors begin at cache lines; what decoders write lies on it, where a loop into an array is
 * known not to overlap its source.
 */
final class Scratch {

    /** What a piece of scratch is for; pieces in use at the same time have different names. */
    enum Use {
        PACKED_X, PANEL, RESULTS, ROWS, BLOCK, QUERIES, SCORES, OUTPUTS, RUNNING, ATTENTION_GRADIENT
    }

    private static final long LINE = 64;   // bytes of a cache line, and of the widest vector
    private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);
    private static final AtomicLong BYTES = new AtomicLong();

    private final float[][] arrays = new float[Use.values().length][];
    private final MemorySegment[] segments = new MemorySegment[Use.values().length];

    static Scratch mine() { return MINE.get(); }

    /** At least {@code floats} floats, contents undefined. */
    float[] get(Use use, int floats) {
        float[] piece = arrays[use.ordinal()];
        if (piece == null || piece.length < floats) {
            BYTES.addAndGet((long) Float.BYTES * (floats - (piece == null ? 0 : piece.length)));
            arrays[use.ordinal()] = piece = new float[floats];
        }
        return piece;
    }

    /** The address of at least {@code floats} floats outside the heap, contents undefined; good until the thread asks for more of the same use. */
    long memory(Use use, long floats) {
        MemorySegment piece = segments[use.ordinal()];
        long bytes = Math.max(LINE, Math.multiplyExact(floats, (long) Float.BYTES));
        if (piece == null || piece.byteSize() < bytes) {
            BYTES.addAndGet(bytes - (piece == null ? 0 : piece.byteSize()));
            segments[use.ordinal()] = piece = Arena.ofAuto().allocate(bytes, LINE);
        }
        return piece.address();
    }

    /** Bytes allocated so far by all threads. */
    static long allocatedBytes() { return BYTES.get(); }
}
