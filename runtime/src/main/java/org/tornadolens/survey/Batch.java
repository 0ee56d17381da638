package org.tornadolens.survey;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.dataset.Row;
import org.tornadolens.model.Tokens;

/** Rows that run together, padded on the left to the longest. */
final class Batch {

    private final List<Row> rows;
    private final Tokens tokens;
    private final boolean[] leftOut;

    Batch(List<Row> rows) {
        this.rows = rows;
        this.tokens = Tokens.of(rows.stream().map(Row::ids).toList());
        this.leftOut = new boolean[rows.size()];
    }

    int rows() { return rows.size(); }

    Row row(int row) { return rows.get(row); }

    Tokens tokens() { return tokens; }

    /** Returns the length of the rows with padding. */
    int length() { return tokens.length(); }

    /** Returns how many positions of a row are padding. */
    int padding(int row) { return tokens.padding()[row]; }

    /** Leaves a row out of everything that is collected. */
    void leaveOut(int row) { leftOut[row] = true; }

    boolean counts(int row) { return !leftOut[row]; }

    int counted() {
        int count = 0;
        for (boolean out : leftOut) if (!out) count++;
        return count;
    }

    @Override public String toString() { return rows.size() + " × " + length() + Arrays.toString(tokens.padding()); }
}
