package org.tornadolens.program;

/** Keys and values that earlier runs left, for every layer: what attention sees besides its own run. Made by a backend. */
public interface Past {

    int batch();

    /** Positions it can hold. */
    int capacity();

    /** Positions it holds. */
    int length();

    /** Forgets everything after the first {@code length} positions. */
    void truncate(int length);
}
