package org.tornadolens.program;

import java.util.List;
import java.util.Optional;

/**
 * The part of a value to which an operation applies; an absent list means all. Where a value holds only the last
 * positions of a run, positions count from the end.
 *
 * @param rows      batch rows
 * @param heads     indices of the head (or kvHead) axis
 * @param positions indices of the position axis, counted from a row's first real token, or from the end when negative
 * @param columns   indices of the last axis: sources of scores and pattern, counted like positions; neurons or
 *                  coordinates of every other value
 */
public record Selection(Optional<List<Integer>> rows, Optional<List<Integer>> heads, Optional<List<Integer>> positions,
        Optional<List<Integer>> columns) {

    public static final Selection ALL =
            new Selection(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public Selection {
        rows = rows.map(List::copyOf);
        heads = heads.map(List::copyOf);
        positions = positions.map(List::copyOf);
        columns = columns.map(List::copyOf);
    }

    public static Selection ofPositions(Optional<List<Integer>> positions) { return ALL.at(positions); }

    public Selection rows(Optional<List<Integer>> those) { return new Selection(those, heads, positions, columns); }

    public Selection heads(Optional<List<Integer>> those) { return new Selection(rows, those, positions, columns); }

    public Selection at(Optional<List<Integer>> those) { return new Selection(rows, heads, those, columns); }

    public Selection columns(Optional<List<Integer>> those) { return new Selection(rows, heads, positions, those); }

    /** Returns the selected indices of an axis of a value; absent means all. */
    public Optional<List<Integer>> along(Value value, int axis) {
        if (axis == value.axis("batch")) return rows;
        if (axis == value.headAxis()) return heads;
        if (axis == value.positionAxis()) return positions;
        return axis == value.dimensions().size() - 1 ? columns : Optional.empty();
    }

    public boolean all() { return rows.isEmpty() && heads.isEmpty() && positions.isEmpty() && columns.isEmpty(); }
}
