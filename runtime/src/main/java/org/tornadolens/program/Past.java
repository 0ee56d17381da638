package org.tornadolens.program;

import java.util.Map;
import org.tornadolens.tensor.Tensor;

/**
 * The keys and values of earlier runs, for every layer, which attention reads besides those of its own run. Made by a
 * backend.
 */
public interface Past extends AutoCloseable {

    int batch();

    /** The number of positions that it can hold. */
    int capacity();

    /** The number of positions that it holds. */
    int length();

    /**
     * Replaces its contents by keys and values, [batch, pos, kvHead, dHead] for each slot, with keys already rotated;
     * rows given once are repeated over the batch.
     */
    void restore(Map<Operation.Extend.Slot, Tensor> rows);

    /** Discards everything after the first {@code length} positions. */
    void truncate(int length);

    /** Frees its memory immediately instead of when it becomes unreachable. It must not be used afterwards. */
    @Override default void close() {}
}
