package org.tornadolens.dsl.table;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Rows of numbers and words with named columns. A cell is a {@link Number}, a {@link Boolean}, a {@link String}, or
 * {@link #EMPTY}.
 */
public record Table(List<String> columns, List<List<Object>> rows) {

    /** A cell without content, which is neither an empty string nor NaN. */
    public static final Object EMPTY = new Object() {
        @Override public String toString() { return ""; }
    };

    public Table {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) throw new UsageException("a table needs at least one column");
        if (new LinkedHashSet<>(columns).size() < columns.size())
            throw new UsageException("two columns have the same name in " + String.join(", ", columns));
        for (List<Object> row : rows) {
            if (row.size() != columns.size())
                throw new UsageException(
                        "a row has " + row.size() + " cells, the table " + columns.size() + " columns: " + row);
            for (Object cell : row) {
                if (!(cell instanceof Number || cell instanceof Boolean || cell instanceof String || cell == EMPTY)) {
                    throw new UsageException(
                            "a table's cell is a number, a string or true or false, not " + cell);
                }
            }
        }
        rows = rows.stream().map(List::copyOf).toList();
    }

    /** Returns a table with the rows' keys as columns, in order of first occurrence; missing cells are empty. */
    public static Table of(List<? extends Map<String, ?>> rows) {
        LinkedHashSet<String> columns = new LinkedHashSet<>();
        for (Map<String, ?> row : rows) columns.addAll(row.keySet());
        List<List<Object>> cells = new ArrayList<>();
        for (Map<String, ?> row : rows) {
            List<Object> line = new ArrayList<>();
            for (String column : columns) line.add(row.containsKey(column) ? row.get(column) : EMPTY);
            cells.add(line);
        }
        return new Table(List.copyOf(columns), cells);
    }

    /**
     * Returns a tensor as a table. Two axes: a row for each index of the first, a column for each of the
     * second, and padding is empty. Otherwise a row for each element that is no padding, its indices first, then its
     * {@code value}.
     */
    public static Table of(Tensor tensor) {
        Shape shape = tensor.shape();
        if (shape.rank() == 0)
            throw new UsageException("a table needs at least 1 axis, this tensor is a single number");
        return shape.rank() == 2 ? square(tensor) : longForm(tensor);
    }

    private static Table square(Tensor tensor) {
        Shape shape = tensor.shape();
        String across = shape.axes().get(1).name();
        List<String> columns = new ArrayList<>(List.of(shape.axes().get(0).name()));
        for (int j = 0; j < shape.size(1); j++) columns.add(across + " " + j);
        List<List<Object>> rows = new ArrayList<>();
        Tensor counts = tensor.counts();
        for (int i = 0; i < shape.size(0); i++) {
            List<Object> row = new ArrayList<>(List.of(i));
            for (int j = 0; j < shape.size(1); j++) row.add(counts.get(i, j) == 0 ? EMPTY : (Object) tensor.get(i, j));
            rows.add(row);
        }
        return new Table(columns, rows);
    }

    private static Table longForm(Tensor tensor) {
        Shape shape = tensor.shape();
        List<String> columns = new ArrayList<>(shape.names());
        columns.add("value");
        List<List<Object>> rows = new ArrayList<>();
        int[] index = new int[shape.rank()];
        Tensor counts = tensor.counts();
        for (long i = 0; i < shape.elements(); i++) {
            List<Object> row = new ArrayList<>();
            for (int at : index) row.add(at);
            row.add(tensor.get(index));
            if (counts.get(index) != 0) rows.add(row);
            for (int axis = index.length - 1; axis >= 0 && ++index[axis] == shape.size(axis); axis--) index[axis] = 0;
        }
        return new Table(columns, rows);
    }

    /** Returns a table of only these columns, in this order. */
    public Table select(List<String> wanted) {
        List<Integer> places = new ArrayList<>();
        for (String column : wanted) {
            if (!columns.contains(column))
                throw new UsageException("the table has " + Nearest.message("column", column, columns));
            places.add(columns.indexOf(column));
        }
        List<List<Object>> cells = new ArrayList<>();
        for (List<Object> row : rows) cells.add(places.stream().map(row::get).toList());
        return new Table(wanted, cells);
    }

    /** Returns aligned text: words to the left, numbers by their decimal points, with four significant digits. */
    public String text() {
        return text(Integer.MAX_VALUE);
    }

    /** Returns the first rows as text, with a last line that says how many more there are. */
    public String text(int rows) {
        return TableText.of(this, rows);
    }

    /**
     * Returns the first rows as {@link #text} shows them, for other ways to set them out: by column, its name first.
     * Numbers have blanks around them that align their decimal points where all characters are equally wide.
     */
    public List<Shown> shown(int rows) { return TableText.columns(this, rows); }

    /**
     * A column as it is shown.
     *
     * @param numeric whether its cells are numbers or empty
     * @param lines   its name and its cells
     */
    public record Shown(boolean numeric, List<String> lines) {}

    @Override public String toString() { return text(); }
}
