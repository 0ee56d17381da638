package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;

/**
 * A part of one or more values of a run.
 *
 * @param value     a hook name, {@code *} standing for any characters: {@code blocks.*.attn.hook_pattern}
 * @param heads     query heads, or all; for keys and values of a grouped-query model the groups they read
 * @param positions counted from a row's first real token, or from the end when negative; or all. For scores and
 *                  pattern these are destinations
 */
public record Site(String value, Optional<List<Integer>> heads, Optional<List<Integer>> positions) {

    public Site {
        heads = heads.map(List::copyOf);
        positions = positions.map(List::copyOf);
    }

    public static Site of(String value) { return new Site(value, Optional.empty(), Optional.empty()); }

    public Site heads(List<Integer> some) { return new Site(value, Optional.of(some), positions); }

    public Site at(List<Integer> some) { return new Site(value, heads, Optional.of(some)); }

    @Override public String toString() {
        return value + heads.map(h -> " heads " + h).orElse("") + positions.map(p -> " at " + p).orElse("");
    }
}
