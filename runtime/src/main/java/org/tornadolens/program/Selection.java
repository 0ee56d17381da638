package org.tornadolens.program;

import java.util.List;
import java.util.Optional;

/**
 * The part of a value that an operation touches; absent means all.
 *
 * @param heads     indices along the head (or kvHead) axis
 * @param positions along the position axis, counted from a row's first real token, or from the end when negative
 */
public record Selection(Optional<List<Integer>> heads, Optional<List<Integer>> positions) {

    public static final Selection ALL = new Selection(Optional.empty(), Optional.empty());

    public Selection {
        heads = heads.map(List::copyOf);
        positions = positions.map(List::copyOf);
    }

    public boolean all() { return heads.isEmpty() && positions.isEmpty(); }
}
