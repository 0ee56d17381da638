package org.tornadolens.dsl.table;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** What the cells of a column are, besides the empty ones. */
enum ColumnType {
    INTEGER("a whole number"), REAL("a number"), BOOLEAN("true or false"), STRING("a string");

    private final String words;

    ColumnType(String words) { this.words = words; }

    /**
     * Returns the type of each column; of one with cells of several types, nothing. Whole numbers among others are
     * numbers like these, and a column that is empty throughout is one of numbers.
     */
    static List<Optional<ColumnType>> of(Table table) {
        return IntStream.range(0, table.columns().size()).mapToObj(column -> of(table, column))
                .toList();
    }

    private static Optional<ColumnType> of(Table table, int column) {
        Optional<ColumnType> found = Optional.empty();
        for (List<Object> row : table.rows()) {
            if (row.get(column) == Table.EMPTY) continue;
            ColumnType cell = of(row.get(column));
            if (found.isEmpty()) found = Optional.of(cell);
            else if (found.get().numeric() && cell.numeric()) found = Optional.of(cell == REAL ? REAL : found.get());
            else if (found.get() != cell) return Optional.empty();
        }
        return Optional.of(found.orElse(REAL));
    }

    private boolean numeric() { return this == INTEGER || this == REAL; }

    private static ColumnType of(Object cell) {
        return switch (cell) {
            case Boolean _ -> BOOLEAN;
            case String _ -> STRING;
            case Float _,Double _ -> REAL;
            default -> INTEGER;
        };
    }

    /** @return the error of a column of several types in a format whose columns have one */
    static UsageException mixed(Table table, int column, String format) {
        int first = 0;
        while (table.rows().get(first).get(column) == Table.EMPTY) first++;
        ColumnType type = of(table.rows().get(first).get(column));
        int other = first;
        while (table.rows().get(other).get(column) == Table.EMPTY
                || alike(type, of(table.rows().get(other).get(column))))
            other++;
        return new UsageException(
                "column \"" + table.columns().get(column) + "\" has " + type.words + " in row " + first
                        + " and " + of(table.rows().get(other).get(column)).words + " in row " + other
                        + "; a column of a " + format
                        + " file has one type: make all of them strings, or save the table as .jsonl or .csv");
    }

    private static boolean alike(ColumnType one, ColumnType other) {
        return one == other || one.numeric() && other.numeric();
    }
}
