package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.Selection;

/**
 * Names a part of one or more values of a run.
 *
 * @param value a hook name, in which {@code *} matches any characters: {@code blocks.*.attn.hook_pattern}
 * @param part  the selected batch rows; query heads, which for keys and values of a grouped-query model mean the groups
 *              that they read; positions, which are the destinations in scores and pattern; and columns, which are
 *              sources, neurons or coordinates
 */
public record Site(String value, Selection part) {

    public static Site of(String value) { return new Site(value, Selection.ALL); }

    public Site heads(List<Integer> heads) { return new Site(value, part.heads(Optional.of(heads))); }

    public Site at(List<Integer> positions) { return new Site(value, part.at(Optional.of(positions))); }

    /** Selects sources of scores and pattern, neurons or coordinates of every other value. */
    public Site columns(List<Integer> columns) {
        return new Site(value, part.columns(Optional.of(columns)));
    }

    public Site rows(List<Integer> rows) { return new Site(value, part.rows(Optional.of(rows))); }

    public Optional<List<Integer>> heads() { return part.heads(); }

    public Optional<List<Integer>> positions() { return part.positions(); }

    @Override public String toString() {
        String columns = HookPoint.of(value).map(HookPoint::hasSources).orElse(false) ? " from " : " columns ";
        return value + part.rows().map(r -> " rows " + r).orElse("") + heads().map(h -> " heads " + h).orElse("")
                + positions().map(p -> " at " + p).orElse("") + part.columns().map(c -> columns + c).orElse("");
    }
}
