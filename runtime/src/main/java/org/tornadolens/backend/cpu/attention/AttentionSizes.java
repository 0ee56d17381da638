package org.tornadolens.backend.cpu.attention;

import org.tornadolens.backend.cpu.memory.Memory;

/**
 * The sizes of one attention operation. Queries are [batch, pos, heads, dHead]; keys and values
 * [batch, key, kvHeads, dHead], whose batch rows may lie further apart than their length: a cache with room to grow.
 * Destination i is position {@code key − pos + i} and sees the latest sources up to itself, except those in left
 * padding.
 *
 * @param batchStride floats from one batch row of keys or values to the next
 * @param padding     keys at the start of each batch row that no destination sees
 * @param window      number of latest sources that a destination sees, including itself; {@link #NO_WINDOW}: all
 */
public record AttentionSizes(int batch, int pos, int key, int heads, int kvHeads, int dHead, long batchStride,
        int[] padding, int window) {

    /** A window that excludes no source. */
    public static final int NO_WINDOW = Integer.MAX_VALUE;

    public AttentionSizes {
        if (window < 1) throw new IllegalArgumentException("a window of " + window + " keys leaves a query none");
        if (heads % kvHeads != 0)
            throw new IllegalArgumentException(heads + " heads cannot share " + kvHeads + " key/value heads evenly");
        if (key < pos) throw new IllegalArgumentException(pos + " positions need as many keys, not " + key);
        if (padding.length != batch)
            throw new IllegalArgumentException(padding.length + " paddings for " + batch + " batch rows");
        if (batch > 1 && batchStride < (long) key * kvHeads * dHead) {
            throw new IllegalArgumentException(
                    "a batch row of " + key + " keys takes more than " + batchStride + " floats");
        }
    }

    /** Sizes without a window. */
    public AttentionSizes(int batch, int pos, int key, int heads, int kvHeads, int dHead, long batchStride,
            int[] padding) {
        this(batch, pos, key, heads, kvHeads, dHead, batchStride, padding, NO_WINDOW);
    }

    /** Sizes without padding, of keys and values without spare capacity. */
    public AttentionSizes(int batch, int pos, int key, int heads, int kvHeads, int dHead) {
        this(batch, pos, key, heads, kvHeads, dHead, (long) key * kvHeads * dHead, new int[batch]);
    }

    /** Number of keys before the first destination. */
    public int past() { return key - pos; }

    /** Number of sources before the window of a destination. */
    int beforeWindow(int destination) {
        return Math.max(0, past() + destination + 1 - window);
    }

    /** One past the last destination whose window still contains a source. */
    int destinationsSeeing(int source) {
        return (int) Math.clamp((long) source + window - past(), 0, pos);
    }

    boolean windowed() { return window < key; }

    /** Query heads that share a key/value head. */
    public int group() { return heads / kvHeads; }

    /** The factor of scores: 1/√dHead. */
    float factor() { return (float) (1 / Math.sqrt(dHead)); }

    public long queryElements() { return Math.multiplyExact((long) batch * pos, (long) heads * dHead); }

    public long keyElements() { return Memory.extent(batch, batchStride, (long) key * kvHeads * dHead); }

    public long patternElements() { return Math.multiplyExact((long) batch * heads * pos, (long) key); }

    /** The first float of a key or value head in its batch row; later keys follow kvHeads · dHead floats apart. */
    long keyOffset(int row, int kvHead) {
        return row * batchStride + (long) kvHead * dHead;
    }

    long patternOffset(int row, int head, int destination) {
        return (((long) row * heads + head) * pos + destination) * key;
    }

    long queryOffset(int row, int destination, int head) {
        return (((long) row * pos + destination) * heads + head) * dHead;
    }
}
