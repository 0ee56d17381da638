package org.tornadolens.backend.cpu;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The working memory of one thread's kernels, grown to what was needed and kept. It lies on the heap: packed panels
 * are addressed with constant strides from one array, which compiles to the fastest inner loops, and a decoding loop
 * into an array is known not to overlap its source.
 */
final class Scratch {

    /** What a piece of scratch is for; pieces in use at the same time have different names. */
    enum Use { PACKED_X, PANEL, RESULTS, ROWS, BLOCK, QUERIES, SCORES, OUTPUTS, RUNNING, ATTENTION_GRADIENT }

    private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);
    private static final AtomicLong BYTES = new AtomicLong();

    private final float[][] pieces = new float[Use.values().length][];

    static Scratch mine() { return MINE.get(); }

    /** At least {@code floats} floats, contents undefined. */
    float[] get(Use use, int floats) {
        float[] piece = pieces[use.ordinal()];
        if (piece == null || piece.length < floats) {
            BYTES.addAndGet((long) Float.BYTES * (floats - (piece == null ? 0 : piece.length)));
            pieces[use.ordinal()] = piece = new float[floats];
        }
        return piece;
    }

    /** Bytes allocated so far by all threads. */
    static long allocatedBytes() { return BYTES.get(); }
}
