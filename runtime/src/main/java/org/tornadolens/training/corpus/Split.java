package org.tornadolens.training.corpus;

import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Training text and held-out text. They share no document: the hash of a key of each document (its text, or its
 * question, such as one fact in one wording) determines to which of the two it belongs.
 */
public enum Split {
    TRAIN, HELDOUT;

    private static final int HELD_OUT_ONE_IN = 8;

    /** Returns whether documents with this key belong to this split. */
    public boolean owns(String key) {
        int hash = key.hashCode() * 0x9E3779B9;
        boolean heldOut = Integer.remainderUnsigned(hash ^ hash >>> 15, HELD_OUT_ONE_IN) == 0;
        return heldOut == (this == HELDOUT);
    }

    /** Draws until the key belongs to this split, and returns that draw. */
    public <T> T firstOwned(Supplier<T> draw, Function<T, String> key) {
        while (true) {
            T drawn = draw.get();
            if (owns(key.apply(drawn))) return drawn;
        }
    }
}
