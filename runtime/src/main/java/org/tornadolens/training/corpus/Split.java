package org.tornadolens.training.corpus;

import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Training text and held-out text. They share no document: a key of each (its text, or what is asked in it, such as one fact in one wording) belongs to
 * exactly one of the two by its hash.
 */
public enum Split {
    TRAIN, HELDOUT;

    private static final int HELD_OUT_ONE_IN = 8;

    /** Whether documents with this key belong here. */
    public boolean owns(String key) {
        int hash = key.hashCode() * 0x9E3779B9;
        boolean heldOut = Integer.remainderUnsigned(hash ^ hash >>> 15, HELD_OUT_ONE_IN) == 0;
        return heldOut == (this == HELDOUT);
    }

    /** The first draw whose key belongs here. */
    public <T> T firstOwned(Supplier<T> draw, Function<T, String> key) {
        while (true) {
            T drawn = draw.get();
            if (owns(key.apply(drawn))) return drawn;
        }
    }
}
