package org.tornadolens.backend.cpu.memory;

import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import org.tornadolens.backend.cpu.parallel.Threads;

/**
 * Activations as tiles of products read them: {@link #ROWS} neighbouring rows side by side, [panel, column, ROWS].
 * Lanes beyond the last row are undefined padding; never read them.
 */
public final class Panels {

    /** Activation rows side by side in a panel: two vectors. */
    public static final int ROWS = 2 * LANES;

    /** Bytes from a column of a panel to the next. */
    public static final long COLUMN_BYTES = (long) Float.BYTES * ROWS;

    /** Columns packed at a time: this much of a panel stays in the first-level cache. */
    private static final int COLUMNS_AT_A_TIME = 256;

    private Panels() {}

    /** The number of panels that hold this many rows. */
    public static int count(int rows) {
        return (rows + ROWS - 1) / ROWS;
    }

    /** The number of rows including those that fill the last panel. */
    public static int padded(int rows) {
        return count(rows) * ROWS;
    }

    /** Floats of a matrix of activations, in rows or in panels. */
    public static long floats(int rows, long columns, boolean inPanels) {
        return (inPanels ? padded(rows) : rows) * columns;
    }

    /** Receives rows that lie side by side in one panel. */
    public interface Visitor {

        /**
         * @param address of column 0 of the first row
         * @param from    index of the first row among those asked for
         * @param count   number of rows
         */
        void rows(long address, int from, int count);
    }

    /** Passes rows {@code first … first+n-1} to a visitor, panel by panel; columns are {@link #COLUMN_BYTES} apart. */
    public static void visit(long panels, int columns, int first, int n, Visitor visitor) {
        for (int i = 0; i < n;) {
            int panel = (first + i) / ROWS, lane = (first + i) % ROWS, count = Math.min(n - i, ROWS - lane);
            visitor.rows(panels + (long) panel * columns * COLUMN_BYTES + 4L * lane, i, count);
            i += count;
        }
    }

    /** Packs rows {@code stride} bytes apart into panels, on all threads. */
    public static void packAll(long x, long stride, int rows, int columns, long panels) {
        Threads.range(count(rows), 1, (from, to) -> {
            for (int p = from; p < to; p++) {
                int first = p * ROWS;
                pack(x + first * stride, stride, Math.min(ROWS, rows - first), columns,
                        panels + p * columns * COLUMN_BYTES);
            }
        });
    }

    /** Copies one row from panels of this many columns to contiguous memory. */
    public static void unpack(long panels, int columns, int row, long to) {
        visit(panels, columns, row, 1, (from, _, _) -> {
            for (int c = 0; c < columns; c++) Memory.set(to + 4L * c, Memory.get(from + c * COLUMN_BYTES));
        });
    }

    /** Packs up to {@link #ROWS} rows into one panel and fills the lanes of missing rows with zeros. */
    public static void pack(long x, long stride, int rows, int columns, long panel) {
        if (rows < ROWS) Memory.clear(panel, (long) columns * ROWS);
        for (int c = 0; c < columns; c += COLUMNS_AT_A_TIME) {
            Transpose.byRows(x + 4L * c, stride, rows, Math.min(COLUMNS_AT_A_TIME, columns - c),
                    panel + c * COLUMN_BYTES, COLUMN_BYTES);
        }
    }
}
