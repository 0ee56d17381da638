package org.tornadolens.intervention;
import java.util.List;
import java.util.Optional;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.Selection;

/**
 * A part of one or more values of a run.
 *
 * @param value a hook name, {@code *} standing for any characters: {@code blocks.*.attn.hook_pattern}
 * @param part  batch rows; query heads, which for keys and values of a grouped-query model stand for the groups they
 *              read; positions, of scores and pattern the destinations; columns: sources, neurons or coordinates
 */
public record Site(String value, Selection part) {

    public static Site of(String value) { return new Site(value, Selection.ALL); }

    public Site heads(List<Integer> some) { return new Site(value, part.heads(Optional.of(some))); }

    public Site at(List<Integer> some) { return new Site(value, part.at(Optional.of(some))); }

    /** Sources of scores and pattern, neurons or coordinates of every other value. */
    public Site columns(List<Integer> some) {
        return new Site(value, part.columns(Optional.of(some)));
    }

    public Site rows(List<Integer> some) { return new Site(value, part.rows(Optional.of(some))); }

    public Optional<List<Integer>> heads() { return part.heads(); }

    public Optional<List<Integer>> positions() { return part.positions(); }

    @Override public String toString() {
        return value + part.rows().map(r -> " rows " + r).orElse("") + heads().map(h -> " heads " + h).orElse("")
                + positions().map(p -> " at " + p).orElse("") + part.columns().map(
                        c -> (HookPoint.of(value).map(HookPoint::hasSources).orElse(false) ? " from " : " columns ")
                                + c)
                        .orElse("");
    }
}
