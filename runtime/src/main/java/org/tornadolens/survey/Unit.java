package org.tornadolens.survey;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tornadolens.dataset.Row;
import org.tornadolens.dataset.Rows;

/**
 * Consecutive rows of a dataset, the part of a survey that is done at once. Which rows a unit has depends on the
 * dataset alone.
 *
 * @param index its number, from 0
 */
public record Unit(long index, List<Row> rows) {

    /** Most rows of a unit; among them those of similar length run together. */
    static final int ROWS = 512;

    /** Tokens with which a unit is complete. */
    static final int TOKENS = 1 << 15;

    public Unit {
        rows = List.copyOf(rows);
    }

    /** Reads the next unit; absent after the last. */
    static Optional<Unit> next(long index, Rows rows, int mostTokens) {
        List<Row> own = new ArrayList<>();
        long tokens = 0;
        while (own.size() < ROWS && tokens < mostTokens) {
            Optional<Row> row = rows.next();
            if (row.isEmpty()) break;
            own.add(row.get());
            tokens += row.get().ids().length;
        }
        return own.isEmpty() ? Optional.empty() : Optional.of(new Unit(index, own));
    }

    public long tokens() { return rows.stream().mapToLong(row -> row.ids().length).sum(); }

    /** Returns the rows with the longest first: a batch that would not fit is so found at once. */
    List<Row> byLength() {
        return rows.stream().sorted(Comparator.comparingInt((Row row) -> -row.ids().length)
                .thenComparingLong(Row::index)).toList();
    }
}
