package org.tornadolens.program;

import java.util.Map;
import org.tornadolens.tensor.Tensor;

/**
 * Keys and values that earlier runs left, for every layer: what attention sees besides its own run. Made by a backend.
 */
public interface Past extends AutoCloseable {

    int batch();

    /** Positions it can hold. */
    int capacity();

    /** Positions it holds. */
    int length();

    /**
     * Replaces everything it holds by keys and values of the same positions, [batch, pos, kvHead, dHead] for each slot,
     * keys rotated; rows given once are repeated over the batch.
     */
    void restore(Map<Operation.Extend.Slot, Tensor> rows);

    /** Forgets everything after the first {@code length} positions. */
    void truncate(int length);

    /** Gives its memory back now, and not when nothing refers to it any more. It is not used afterwards. */
    @Override default void close() {}
}
